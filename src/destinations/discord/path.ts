/** The addresses of Discord: the id of a channel, or of a thread, which is a channel there. */

/** A snowflake: https://docs.discord.com/developers/reference#snowflakes */
const SNOWFLAKE = /^[1-9]\d{14,19}$/;

/** The same, for the OpenAPI document. */
export const CHANNEL_ID_PATTERN = String.raw`[1-9]\d{14,19}`;

export function isSnowflake(text: string): boolean {
  return SNOWFLAKE.test(text);
}

/** Undefined for the id of a channel; otherwise what is wrong and the remedy. */
export function checkChannelId(path: string): string | undefined {
  if (isSnowflake(path)) return undefined;
  const [, id] = /^(?:.*\/channels\/\d+\/|.*#)(\d{15,20})(?:\/\d+)?\/?>?$/.exec(path) ?? [];
  return `"${path}" is not the id of a channel of Discord: ${
    id === undefined
      ? 'write its digits, as 1187654321098765432 (in Discord, switch on Developer Mode, then right-click the channel: Copy Channel ID)'
      : `write ${id} alone`
  }.`;
}

/** Milliseconds since the epoch at which Discord's ids begin: https://docs.discord.com/developers/reference#snowflakes */
const EPOCH_MS = 1_420_070_400_000n;

/** When the thing of this id was made, in milliseconds since the epoch. */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> 22n) + EPOCH_MS);
}
