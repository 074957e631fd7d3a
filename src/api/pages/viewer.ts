/** Who looks at a page. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

export interface Viewer {
  /** The name of a person who has signed in elsewhere: decisions are theirs. Undefined for keys, and where none is needed. */
  person: string | undefined;
  mayDecide: boolean;
  /** Whether nobody but the form can say who decides. */
  isNameNeeded: boolean;
  /** The name under which this browser decided last. */
  rememberedName: string | undefined;
  /** Where a person ends the session that they have elsewhere. */
  signOutUrl: string | undefined;
}

/** Whoever comes without a key where none is needed. */
const ANYBODY: Viewer = {
  person: undefined,
  mayDecide: true,
  isNameNeeded: true,
  rememberedName: undefined,
  signOutUrl: undefined,
};

export const CurrentViewer = createContext(ANYBODY);

export function useViewer(): Viewer {
  return useContext(CurrentViewer);
}
