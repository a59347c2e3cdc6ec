import { Alert, Button, FileButton, Group, Menu, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconChevronDown, IconDownload, IconFileImport, IconUpload } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../app/api.ts';
import { notifyDone, notifyFailure } from '../app/notify.ts';
import styles from './knowledge.module.css';
import { articlesKey, repliesKey } from './knowledge-queries.ts';

/** By the name of a column in the files what it is taken for; kept as long as the dialog is open. */
type Mapping = Readonly<Record<string, string>>;
/** A choice needs a value of its own; the API says it with an empty text. */
const leftOut = '-';
type Kind = 'canned-reply' | 'article';
interface ImportFile {
  readonly name: string;
  /** Base 64. */
  readonly data: string;
}
interface Column {
  readonly name: string;
  /** null: not known; '': left out. */
  readonly as: string | null;
  readonly example: string;
}
interface ImportReport {
  readonly files: readonly {
    readonly name: string;
    readonly created: number;
    readonly updated: number;
    readonly unchanged: number;
    readonly categoryNames: number;
    readonly items: readonly { readonly title: string; readonly action: 'create' | 'update' | 'unchanged' }[];
    readonly errors: readonly { readonly line: number; readonly message: string }[];
    readonly columns: readonly Column[];
  }[];
}

/** Brings texts in from files, and out again. */
export function ImportButton({ kind }: { kind: Kind }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const href = (format: string) => `/api/v1/knowledge/export?kind=${kind}&format=${format}`;
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} />}>
            {t('knowledge.importExport')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFileImport size={16} />} onClick={() => setOpened(true)}>
            {t('knowledge.import')}
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={16} />} component="a" href={href('csv')} download>
            {t('knowledge.exportCsv')}
          </Menu.Item>
          {kind === 'article' && (
            <Menu.Item leftSection={<IconDownload size={16} />} component="a" href={href('markdown')} download>
              {t('knowledge.exportMarkdown')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal
        closeButtonProps={{ 'aria-label': t('app.close') }}
        opened={opened}
        onClose={() => setOpened(false)}
        title={t('knowledge.import')}
        size="lg"
      >
        {opened && <ImportForm kind={kind} onClose={() => setOpened(false)} />}
      </Modal>
    </>
  );
}

function ImportForm({ kind, onClose }: { kind: Kind; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [files, setFiles] = useState<readonly ImportFile[]>([]);
  const [language, setLanguage] = useState('en');
  const [status, setStatus] = useState('draft');
  const [audience, setAudience] = useState('public');
  const [mapping, setMapping] = useState<Mapping>({});
  const request = (dryRun: boolean, chosen = files, map = mapping) =>
    api.call<ImportReport>('POST', '/api/v1/knowledge/import', {
      kind,
      files: chosen,
      dryRun,
      mapping: map,
      defaults: { language, ...(kind === 'article' ? { status, audience } : {}) },
    });
  const check = useMutation({
    mutationFn: ({ chosen, map }: { chosen: readonly ImportFile[]; map: Mapping }) => request(true, chosen, map),
    onError: notifyFailure,
  });
  const run = useMutation({
    mutationFn: () => request(false),
    onSuccess: async ({ files: done }) => {
      const changed = done.reduce((sum, file) => sum + file.created + file.updated, 0);
      notifyDone(t('knowledge.imported', { n: changed }));
      onClose();
      await queryClient.invalidateQueries({ queryKey: kind === 'article' ? articlesKey : repliesKey });
    },
    onError: notifyFailure,
  });

  async function choose(list: readonly File[]): Promise<void> {
    const read = await Promise.all(list.map(async (file) => ({ name: file.name, data: await base64Of(file) })));
    setFiles(read);
    check.mutate({ chosen: read, map: mapping });
  }

  const recheck = (map = mapping) => files.length > 0 && check.mutate({ chosen: files, map });
  const report = check.data;
  const good =
    report?.files.some(
      ({ errors, created, updated, categoryNames }) => errors.length === 0 && created + updated + categoryNames > 0,
    ) === true;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t(`knowledge.importHint.${kind}`)}
      </Text>
      <div className={styles.two}>
        <TextInput
          label={t('knowledge.defaultLanguage')}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value)}
          onBlur={() => recheck()}
        />
        {kind === 'article' && (
          <>
            <Select
              label={t('knowledge.status')}
              data={(['draft', 'published'] as const).map((value) => ({
                value,
                label: t(`knowledge.statusOf.${value}`),
              }))}
              value={status}
              allowDeselect={false}
              onChange={(next) => setStatus(next ?? 'draft')}
            />
            <Select
              label={t('knowledge.audience')}
              data={(['public', 'agents'] as const).map((value) => ({
                value,
                label: t(`knowledge.audienceOf.${value}`),
              }))}
              value={audience}
              allowDeselect={false}
              onChange={(next) => setAudience(next ?? 'agents')}
            />
          </>
        )}
      </div>
      <FileButton multiple accept=".csv,.md,.markdown,.html,.htm,.zip" onChange={(list) => void choose(list)}>
        {(button) => (
          <Button {...button} variant="default" leftSection={<IconUpload size={16} />} loading={check.isPending}>
            {t('knowledge.chooseFiles')}
          </Button>
        )}
      </FileButton>
      <ColumnMapping
        kind={kind}
        columns={report?.files.flatMap(({ columns }) => columns) ?? []}
        onChange={(name, as) => {
          const next = { ...mapping, [name]: as };
          setMapping(next);
          recheck(next);
        }}
      />
      <div role="status">
        {report?.files.map((file) => (
          <section key={file.name} aria-label={file.name}>
            <Text size="sm" fw={600} mt={6}>
              {file.name}
            </Text>
            {file.errors.length === 0 ? (
              <Text size="sm">
                {t('knowledge.wouldDo', { created: file.created, updated: file.updated, unchanged: file.unchanged })}
                {file.categoryNames > 0 && ` ${t('knowledge.categories.wouldName', { n: file.categoryNames })}`}
              </Text>
            ) : (
              <Alert color="red" p="xs" mt={4} title={t('knowledge.fileWrong')}>
                {file.errors.slice(0, 20).map(({ line, message }) => (
                  <div key={`${line} ${message}`}>{t('knowledge.lineWrong', { line, message })}</div>
                ))}
              </Alert>
            )}
            {file.errors.length === 0 && (
              <ul>
                {file.items.slice(0, 10).map(({ title, action }, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a report does not change.
                  <li key={at}>{`${t(`knowledge.action.${action}`)}: ${title}`}</li>
                ))}
                {file.items.length > 10 && <li>…</li>}
              </ul>
            )}
          </section>
        ))}
      </div>
      <Group justify="flex-end">
        <Button disabled={!good} loading={run.isPending} onClick={() => run.mutate()}>
          {t('knowledge.importNow')}
        </Button>
      </Group>
    </Stack>
  );
}

const commonColumns = ['title', 'body', 'language', 'key', 'channels', 'valid_from', 'valid_until'] as const;
const columnsOf = {
  'canned-reply': [...commonColumns, 'code', 'visibility', 'groups', 'channel'],
  article: [...commonColumns, 'category', 'category_name', 'status', 'audience'],
} as const;

/** What the columns of the tables are taken for; each can be taken for something else, or left out. */
function ColumnMapping(props: {
  kind: Kind;
  columns: readonly Column[];
  onChange: (name: string, as: string) => void;
}) {
  const { t } = useTranslation();
  const { kind, onChange } = props;
  const columns = props.columns.filter(({ name }, at) => props.columns.findIndex((one) => one.name === name) === at);
  if (columns.length === 0) return null;
  const choices = [
    ...columnsOf[kind].map((value) => ({ value, label: t(`knowledge.column.${value}`) })),
    { value: leftOut, label: t('knowledge.columnLeftOut') },
  ];
  return (
    <fieldset className={styles.mapping}>
      <Text component="legend" size="sm" fw={600}>
        {t('knowledge.columns')}
      </Text>
      {columns.map(({ name, as, example }) => (
        <Select
          key={name}
          label={name}
          description={example}
          placeholder={t('knowledge.columnUnknown')}
          data={choices}
          value={as === '' ? leftOut : as}
          allowDeselect={false}
          onChange={(next) => onChange(name, next === leftOut || next === null ? '' : next)}
        />
      ))}
    </fieldset>
  );
}

async function base64Of(file: File): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(',') + 1);
}
