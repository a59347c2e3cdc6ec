/** Settings of a web chat. Read by the visitor's sign-in and by the widget's configuration. */
export interface WebSettings {
  readonly title?: string;
  readonly greeting?: string;
  readonly greetingZh?: string;
  readonly color: string;
  readonly position: 'right' | 'left';
  readonly launcherText?: string;
  readonly allowedOrigins: readonly string[];
  readonly identitySecret?: string;
  readonly identityRequired: boolean;
  readonly reopenHours: number;
}
