/** The ids of Mattermost, which channels, posts and people have alike: 26 small letters and digits. */

const ID = /^[a-z0-9]{26}$/;

/** The same, for the OpenAPI document. */
export const ID_PATTERN = '[a-z0-9]{26}';

export function isMattermostId(text: string): boolean {
  return ID.test(text);
}

/** Undefined for the id of a channel; otherwise what is wrong and the remedy. */
export function checkChannelId(path: string): string | undefined {
  return isMattermostId(path)
    ? undefined
    : `"${path}" is not the id of a channel of Mattermost: write its 26 letters and digits, as 4yrf1mi5oib9pqhmb7ih1ya3kr (in Mattermost: the channel’s name → View Info, at the bottom).`;
}
