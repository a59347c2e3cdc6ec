import { ApiError } from '@parley/sdk/http.ts';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

const maxRetries = 2;

/** @param onSignedOut called when the server says that the session is over */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  function onError(error: unknown): void {
    if (error instanceof ApiError && error.code === 'unauthorized') onSignedOut();
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        retry: (count, error) => isPassing(error) && count < maxRetries,
        // The live connection tells what changed.
        refetchOnWindowFocus: false,
      },
    },
  });
}

/** Worth asking again: the line or the server, and not what was asked. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status >= 500 || error.status === 429;
}
