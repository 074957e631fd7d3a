/** What became of an event at one route. */
export interface RoutedMessage {
  deduplicationKey: string;
  /** The name of the route; undefined where no route could take the event. */
  route: string | undefined;
  duplicate: boolean;
  /** Set where it is not posted by itself. */
  unposted?: 'muted' | 'grouped' | undefined;
}
