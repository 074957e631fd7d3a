/** Pages that show no message: signing in, and what went wrong. */
import type { Problem } from '../problem.js';
import { useAddresses } from './addresses.js';
import { Page } from './parts.js';

export function SignInPage({ to, failed }: { to: string; failed: boolean }) {
  const { at } = useAddresses();
  return (
    <Page title="Sign in">
      <h1>Sign in</h1>
      <form class="card" method="post" action={at('/sign-in')}>
        <input type="hidden" name="to" value={to} />
        {failed && <p role="alert">That is none of the keys of this API.</p>}
        <label>
          API key
          <input name="key" type="password" autocomplete="current-password" required />
        </label>
        <button>Sign in</button>
      </form>
    </Page>
  );
}

/**
 * A link from another site comes without the cookie, which is kept from other sites. From here the browser asks once more, by
 * itself.
 */
export function OnceMorePage({ to }: { to: string }) {
  const address = useAddresses().at(to);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content={`0; url=${address}`} />
        <title>sendproof</title>
      </head>
      <body>
        <a href={address}>Go on</a>
      </body>
    </html>
  );
}

/** A signed link that is not valid, or no longer. */
export function ForeignLinkPage({
  deduplicationKey,
  isExpired,
}: {
  deduplicationKey: string;
  isExpired: boolean;
}) {
  const { ofMessage } = useAddresses();
  return (
    <Page title={isExpired ? 'This link has expired' : 'This link is not valid'}>
      <h1>{isExpired ? 'This link has expired' : 'This link is not valid'}</h1>
      <p role="alert">
        {isExpired
          ? 'Links in posts show a message for a limited time, and the time of this one is over.'
          : 'It is not complete, it was changed, or it was signed with a secret that is no longer in use. Open the link in the post itself.'}
      </p>
      <p>
        <a href={ofMessage(deduplicationKey)}>Sign in to see the message</a>
      </p>
    </Page>
  );
}

export function ProblemPage({ problem }: { problem: Problem }) {
  const { at } = useAddresses();
  return (
    <Page title={problem.toJSON().title}>
      <h1>{problem.toJSON().title}</h1>
      <p role="alert">{problem.message}</p>
      {problem.type === 'not_allowed' && (
        <p>
          <a href={at('/sign-in')}>Sign in with another key</a>
        </p>
      )}
    </Page>
  );
}
