import { html, type Html } from './html.ts'

/** What a page is about, at a glance: its colour and its icon. */
export type Tone = 'refused' | 'lost' | 'trouble' | 'done' | 'info'

export const icons: Readonly<Record<Tone, Html>> = {
  refused: html`<svg viewBox="0 0 24 24" aria-hidden="true">
    <rect x="5" y="11" width="14" height="9" rx="2" />
    <path d="M8 11V8a4 4 0 0 1 8 0v3M12 15v1.5" />
  </svg>`,
  lost: html`<svg viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="10.5" cy="10.5" r="6" />
    <path d="m15 15 5 5" />
  </svg>`,
  trouble: html`<svg viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 4.2 21 19.5H3zM12 10.5v4M12 17.2v.1" />
  </svg>`,
  done: html`<svg viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="12" r="8.5" />
    <path d="m8.3 12.3 2.6 2.6 4.9-5.4" />
  </svg>`,
  info: html`<svg viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="8.2" r="3.7" />
    <path d="M4.8 20a7.4 7.4 0 0 1 14.4 0" />
  </svg>`,
}

/** A gate in a wall; as a data URL, so that a page asks the application for no `favicon.ico`. */
export const favicon =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#3554d1"/>' +
      '<path d="M9 25V15a7 7 0 0 1 14 0v10M6 25h20M16 8v17" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/></svg>',
  )
