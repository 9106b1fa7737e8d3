import { createHash } from 'node:crypto'

/** The one stylesheet of all pages. It travels inside the page, so a page needs nothing else to be whole. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --ground: #f3f4f8; --glow: #e3e8f9; --card: #fff; --line: #e1e4ec; --ink: #171a23; --soft: #565d70;
  --field: #f5f6fa; --edge: #8b92a5; --accent: #3554d1; --accent-ink: #fff; --tint: #e8ecfc; --shadow: 0 1px 2px #1b204014, 0 18px 48px -18px #1b204038;
}
.refused { --mark: #a8540a; --tint: #fcefdc }
.trouble { --mark: #b3261e; --tint: #fce8e6 }
.done { --mark: #17713f; --tint: #e0f4e8 }
.lost, .info { --mark: var(--accent) }
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1117; --glow: #1a2140; --card: #181b24; --line: #2b303e; --ink: #eceef4; --soft: #a2a9bc;
    --field: #11141b; --edge: #6c758c; --accent: #93a7ff; --accent-ink: #0f1428; --tint: #232b4d; --shadow: 0 24px 64px -24px #000a;
  }
  .refused { --mark: #f4b266; --tint: #3b2b16 }
  .trouble { --mark: #ff9c94; --tint: #421f1d }
  .done { --mark: #77d49c; --tint: #16341f }
}
* { box-sizing: border-box; margin: 0 }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  min-height: 100vh; min-height: 100dvh; display: grid; grid-template-rows: 1fr auto; justify-items: center; align-items: center;
  padding: max(1rem, env(safe-area-inset-top)) 1rem max(1rem, env(safe-area-inset-bottom)); gap: 1rem;
  background: radial-gradient(60rem 30rem at 50% -8rem, var(--glow), transparent) var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main {
  width: 100%; max-width: 36rem; min-width: 0; padding: 2.25rem; border: 1px solid var(--line); border-radius: 1.25rem;
  background: var(--card); box-shadow: var(--shadow);
}
main.wide { max-width: 46rem }
main.wide dl > div { grid-template-columns: 12rem 1fr }
.mark {
  display: grid; place-items: center; width: 3rem; height: 3rem; margin-bottom: 1.25rem; border-radius: .9rem;
  background: var(--tint); color: var(--mark);
}
svg { width: 1.6rem; height: 1.6rem; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round }
.kicker { margin-bottom: .15rem; color: var(--soft); font-size: .875rem; font-weight: 600; letter-spacing: .02em }
h1 { font-size: 1.6rem; line-height: 1.25; letter-spacing: -.015em; text-wrap: balance; overflow-wrap: anywhere }
h2 { margin: 1.9rem 0 .6rem; font-size: .95rem; letter-spacing: -.005em }
p { margin-top: .8rem; text-wrap: pretty; overflow-wrap: anywhere }
.soft { color: var(--soft) }
dl { margin-top: 1.5rem; border: 1px solid var(--line); border-radius: .8rem; background: var(--field); overflow: hidden }
h2 + dl { margin-top: 0 }
dl > div { display: grid; grid-template-columns: 8rem 1fr; gap: .1rem 1rem; padding: .6rem .95rem }
dl > div + div { border-top: 1px solid var(--line) }
dt { color: var(--soft); font-size: .9rem; overflow-wrap: anywhere }
dd { overflow-wrap: anywhere; min-width: 0 }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
pre { margin-top: .6rem; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .8rem; background: var(--field); white-space: pre-wrap; overflow-wrap: anywhere }
details { margin-top: 1.5rem }
summary { cursor: pointer; font-weight: 600; font-size: .95rem }
.actions { display: flex; flex-wrap: wrap; gap: .65rem; margin-top: 1.75rem }
.button {
  display: inline-block; padding: .68rem 1.1rem; border: 1px solid var(--edge); border-radius: .7rem; background: var(--card); color: var(--ink);
  font: inherit; font-weight: 600; line-height: 1.3; text-align: center; text-decoration: none; cursor: pointer; overflow-wrap: anywhere;
}
.button:hover { border-color: var(--ink) }
.button.first { border-color: transparent; background: var(--accent); color: var(--accent-ink) }
.button.first:hover { filter: brightness(1.08) }
a:focus-visible, button:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: 0; padding: 0; list-style: none }
.chips li { padding: .2rem .65rem; border: 1px solid var(--line); border-radius: 2rem; background: var(--field); font-size: .9rem; overflow-wrap: anywhere }
footer { max-width: 36rem; color: var(--soft); font-size: .84rem; text-align: center; overflow-wrap: anywhere }
footer code { user-select: all }
@media (max-width: 30rem) {
  main { padding: 1.6rem 1.35rem; border-radius: 1.1rem }
  h1 { font-size: 1.4rem }
  dl > div, main.wide dl > div { grid-template-columns: 1fr }
  .actions, .actions form { flex-direction: column; width: 100% }
  .button { width: 100% }
}
@media (forced-colors: active) { .mark, .button { border: 1px solid } }
`

/** The stylesheet's name in a Content-Security-Policy: this one is allowed, an injected one is not. */
export const stylesheetHash = `'sha256-${createHash('sha256').update(stylesheet).digest('base64')}'`
