import { ActionIcon, Popover, Tooltip, UnstyledButton } from '@mantine/core';
import { IconMoodSmile } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './composer.module.css';

/** The device's own signs: nothing is loaded for them. */
const emoji =
  '😀😄😊🙂😉😍🥰😘😂🤣😅😇🤔😮😢😭😞😟😕🙁😤😡😴🤗🤝👍👎👌🙏👏💪🙌👋✌️❤️💔⭐✨🎉🎁🔥💡✅❌⚠️❓❗📦🚚💰🧾📞📧📎📷📅⏰🕐🌹🍀☀️🌧️';
// By what a person sees as one sign: some are several code points.
const signs = [...new Intl.Segmenter('en').segment(emoji)].map(({ segment }) => segment);

export function EmojiPicker({ onPick }: { onPick: (sign: string) => void }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" shadow="md" trapFocus returnFocus={false}>
      <Popover.Target>
        <Tooltip label={t('composer.emoji')} openDelay={400}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('composer.emoji')}
            onClick={() => setOpened((open) => !open)}
          >
            <IconMoodSmile size={18} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={8} aria-label={t('emoji.search')}>
        <div className={styles.emoji}>
          {signs.map((sign) => (
            <UnstyledButton
              key={sign}
              className={styles.sign}
              aria-label={t('emoji.insert', { emoji: sign })}
              onClick={() => {
                setOpened(false);
                onPick(sign);
              }}
            >
              {sign}
            </UnstyledButton>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
