import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './knowledge.module.css';
import type { Slash } from './use-slash.ts';

/** Canned replies over the composer: keys choose while the text field keeps the focus. */
export function SlashMenu({ slash }: { slash: Slash }) {
  const { t } = useTranslation();
  const { replies, chosen, listId } = slash;
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (replies !== undefined) list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [replies, chosen]);
  if (replies === undefined) return null;
  if (replies.length === 0) {
    return (
      <p className={styles.slashMenu} role="status" data-empty="">
        {slash.query === '' ? t('knowledge.slashEmpty') : t('knowledge.slashNone', { q: slash.query })}
      </p>
    );
  }
  return (
    <div ref={list} id={listId} role="listbox" aria-label={t('knowledge.cannedReplies')} className={styles.slashMenu}>
      {replies.map((reply, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the text field keeps the focus and takes the keys.
        // biome-ignore lint/a11y/useFocusableInteractive: as above, by aria-activedescendant.
        <div
          key={reply.id}
          id={`${listId}-${index}`}
          role="option"
          aria-selected={index === chosen}
          className={styles.slashOption}
          onMouseMove={() => index !== chosen && slash.choose(index)}
          // The field must not lose the focus before the click has its effect.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => slash.insert(reply)}
        >
          <span className={styles.slashHead}>
            <strong>{reply.title}</strong>
            {reply.shortCode !== null && <code>/{reply.shortCode}</code>}
          </span>
          <span className={styles.slashBody}>{reply.reads}</span>
        </div>
      ))}
    </div>
  );
}
