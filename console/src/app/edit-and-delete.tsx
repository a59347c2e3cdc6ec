import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** What can be done with one row of a list. @param name the row's, for whoever does not see in which one the button is */
export function EditAndDelete(props: { name: string; onEdit: () => void; onDelete: () => void }) {
  const { t } = useTranslation();
  const { name, onEdit, onDelete } = props;
  return (
    <>
      <Button size="xs" variant="default" aria-label={`${t('app.edit')}: ${name}`} onClick={onEdit}>
        {t('app.edit')}
      </Button>
      <Button size="xs" variant="subtle" color="red" aria-label={`${t('app.delete')}: ${name}`} onClick={onDelete}>
        {t('app.delete')}
      </Button>
    </>
  );
}
