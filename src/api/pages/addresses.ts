/** The addresses of pages in pages: each begins with the base path of the request that is being answered. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { batchPagePath, conversationPagePath, messagePagePath } from '../../domain/messagePage.js';

/** As `/sendproof`; empty at the root. */
export const BasePath = createContext('');

export function useAddresses() {
  const basePath = useContext(BasePath);
  return {
    at: (path: string) => basePath + path,
    ofBatch: (id: string) => basePath + batchPagePath(id),
    ofConversation: (key: string) => basePath + conversationPagePath(key),
    ofMessage: (deduplicationKey: string) => basePath + messagePagePath(deduplicationKey),
  };
}
