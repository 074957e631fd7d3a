/** Where a platform's posts are: what the sandbox knows of a platform beside its API. */
export interface PlatformPlaces {
  /** As the page calls the platform. */
  label: string;
  /** Of the heading on the page, as `#4a154b`. */
  colour: string;
  /** What a path of the platform looks like. */
  form: RegExp;
  /** The same, as an error says it: what a path must be. */
  description: string;
  /** The places that exist from the beginning. */
  seeded: readonly { path: string; name: string; teamName?: string }[];
}
