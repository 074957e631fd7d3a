/** Whether the page is for somebody who may decide on dead letters: others have no use for its forms. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

export const MayDecide = createContext(true);

export function useMayDecide(): boolean {
  return useContext(MayDecide);
}
