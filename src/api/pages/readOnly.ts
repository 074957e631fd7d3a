/** Whether the page is for somebody without a session: it has no forms, and no links to what asks for one but to sign in. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

export const ReadOnly = createContext(false);

export function useReadOnly(): boolean {
  return useContext(ReadOnly);
}
