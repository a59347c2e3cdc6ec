import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './page.module.css';

/** A page of its own beside the workbench: a heading, what it is for, and one main action. */
export function Page(props: {
  title: string;
  intro?: string;
  back?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className={styles.scroll}>
      <div className={styles.page}>
        {props.back}
        <div className={styles.head}>
          <div>
            <Title order={1} size="h3">
              {props.title}
            </Title>
            {props.intro !== undefined && <p className={styles.intro}>{props.intro}</p>}
          </div>
          {props.action}
        </div>
        {props.children}
      </div>
    </div>
  );
}

/** A group of settings on a page. */
export function Panel(props: { title?: string; hint?: string; children: ReactNode }) {
  return (
    <section className={styles.panel}>
      {props.title !== undefined && <h2 className={styles.panelTitle}>{props.title}</h2>}
      {props.hint !== undefined && <p className={styles.panelHint}>{props.hint}</p>}
      {props.children}
    </section>
  );
}
