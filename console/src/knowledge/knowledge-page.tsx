import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../app/page.tsx';
import { PartLink, PartLinks } from '../app/part-links.tsx';
import { useMe } from '../session/session.ts';
import { ProposalList } from '../suggestions/proposal-list.tsx';
import { ArticlesPart } from './articles-part.tsx';
import { CannedRepliesPart } from './canned-replies-part.tsx';
import { HelpCentrePart } from './help-centre-part.tsx';
import { type Part, partsFor } from './parts.ts';
import { SearchesPart } from './searches-part.tsx';

const partViews: Readonly<Record<Part, () => ReactNode>> = {
  'canned-replies': CannedRepliesPart,
  articles: ArticlesPart,
  proposals: ProposalList,
  searches: SearchesPart,
  'help-centre': HelpCentrePart,
};

/** What agents and customers are answered with. */
export function KnowledgePage() {
  const { t } = useTranslation();
  const { part } = useParams({ from: '/signed-in/knowledge/$part' });
  const known = partsFor(useMe());
  const View = partViews[known.includes(part) ? part : 'canned-replies'];
  return (
    <Page title={t('knowledge.title')} intro={t('knowledge.intro')}>
      <PartLinks label={t('knowledge.parts')}>
        {known.map((each) => (
          <PartLink key={each} to="/knowledge/$part" params={{ part: each }}>
            {t(`knowledge.part.${each}`)}
          </PartLink>
        ))}
      </PartLinks>
      <View />
    </Page>
  );
}
