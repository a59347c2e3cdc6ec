import { MultiSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFieldErrors } from './field-errors.ts';
import { inputWrapperOrder } from './fields.tsx';

/** Several of what there is. What was chosen and is gone since stays until it is taken out. */
export function ChoicesField(props: {
  path: string;
  label: string;
  description?: string;
  placeholder?: string;
  value: readonly string[];
  data: readonly { readonly value: string; readonly label: string }[];
  onChange: (value: string[]) => void;
}) {
  const { t } = useTranslation();
  const { path, value, data, onChange, ...rest } = props;
  const { errorUnder } = useFieldErrors();
  const gone = value.filter((id) => !data.some((each) => each.value === id)).map((id) => ({ value: id, label: id }));
  return (
    <MultiSelect
      {...rest}
      data-field={path}
      inputWrapperOrder={inputWrapperOrder}
      value={[...value]}
      data={[...data, ...gone]}
      onChange={onChange}
      searchable
      hidePickedOptions
      nothingFoundMessage={t('app.nothingLeft')}
      error={errorUnder(path)}
    />
  );
}
