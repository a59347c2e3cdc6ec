import { useState } from 'preact/hooks';
import { useScope } from './chat-context.ts';

/** While the bot answers, a person is one click away: nobody has to guess which word it listens for. */
export function AskForPerson() {
  const { session, words, send, focusComposer } = useScope();
  const { view } = session;
  const [askedBehind, setAskedBehind] = useState<number>();
  const lastOfBot = view?.messages.findLast(({ sender }) => sender.type === 'bot')?.seq;
  // Whom the bot answered without passing them on may ask again.
  if (view?.conversation?.status !== 'bot' || lastOfBot === undefined || lastOfBot === askedBehind) return null;
  return (
    <div class="person">
      <button
        type="button"
        class="plain"
        onClick={() => {
          if (send({ type: 'text', text: words.asksPerson })) setAskedBehind(lastOfBot);
          focusComposer();
        }}
      >
        {words.person}
      </button>
    </div>
  );
}
