import { Skeleton } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../app/page.tsx';
import { PartLink, PartLinks } from '../app/part-links.tsx';
import { botParts } from './bot-parts.ts';

/** What the bot understands and how it answers: one page, a tab for each of its parts. */
export function BotPage() {
  const { t } = useTranslation();
  const { part } = useParams({ from: '/signed-in/admin/bot/$part' });
  const Shown = (botParts.find(({ key }) => key === part) ?? botParts[0]).component;
  return (
    <Page title={t('bot.title')} intro={t('bot.intro')}>
      <PartLinks label={t('bot.parts')}>
        {botParts.map(({ key, label }) => (
          <PartLink key={key} to="/bot/$part" params={{ part: key }}>
            {t(label)}
          </PartLink>
        ))}
      </PartLinks>
      <Suspense fallback={<Skeleton height={240} radius="md" />}>
        <Shown />
      </Suspense>
    </Page>
  );
}
