import { useSearch } from '@tanstack/react-router';
import { IntentEditor } from './intent-editor.tsx';
import { IntentList } from './intent-list.tsx';

/** What customers want, with examples of how they say it: the list with its model, or one intent. */
export function IntentsPart() {
  const { open } = useSearch({ from: '/signed-in/admin/bot/$part' });
  return open === undefined ? <IntentList /> : <IntentEditor key={open} id={open} />;
}
