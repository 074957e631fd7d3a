/** How long it is until this time, an ISO 8601 text: 0 when it has passed; undefined when there is no such time. */
export function millisecondsUntil(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Math.max(0, Date.parse(time) - Date.now());
}
