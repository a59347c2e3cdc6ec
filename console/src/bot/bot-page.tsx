import { Skeleton } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../app/page.tsx';
import partStyles from '../app/part-links.module.css';
import { botParts } from './bot-parts.ts';

/** What the bot understands and how it answers: one page, a tab for each of its parts. */
export function BotPage() {
  const { t } = useTranslation();
  const { part } = useParams({ from: '/signed-in/admin/bot/$part' });
  const Shown = (botParts.find(({ key }) => key === part) ?? botParts[0]).component;
  return (
    <Page title={t('bot.title')} intro={t('bot.intro')}>
      <nav className={partStyles.parts} aria-label={t('bot.parts')}>
        {botParts.map(({ key, label }) => (
          <Link key={key} to="/bot/$part" params={{ part: key }} className={partStyles.partLink}>
            {t(label)}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Skeleton height={240} radius="md" />}>
        <Shown />
      </Suspense>
    </Page>
  );
}
