import type { ErrorCode } from '../errors/catalogue.ts'
import type { Problem } from '../problem/problem.ts'
import { html } from './html.ts'
import type { Tone } from './icons.ts'
import { renderFacts, renderPage, type RenderedPage } from './layout.ts'

/** Statuses in words, also for statuses that HTTP has no words for. */
const titles: Readonly<Record<number, string>> = {
  400: 'That did not work',
  401: 'Please sign in',
  403: 'Access denied',
  404: 'Nothing here',
  405: 'Method not allowed',
  413: 'Too large',
  414: 'Address too long',
  431: 'Headers too large',
  450: 'Device not allowed',
  495: 'Client certificate needed',
  500: 'Something went wrong',
  502: 'Application not reachable',
  503: 'Not available right now',
  504: 'Application too slow',
  508: 'Going in circles',
}

/** Where the status alone would say the wrong thing. */
const titlesOfCodes: Partial<Record<ErrorCode, string>> = {
  IDP_DECLINED: 'You did not sign in',
  IDP_CLAIMS_REFUSED: 'You are not signed in',
}

/** What happened, what to do about it, and the buttons to do it with. */
export function renderProblemPage(problem: Problem): RenderedPage {
  const { status, says, advice, explanation, signInUrl } = problem
  const signIn = signInUrl === undefined ? [] : [{ label: 'Sign in', href: signInUrl, method: 'GET' } as const]
  return renderPage({
    status,
    title:
      titlesOfCodes[problem.code] ?? titles[status] ?? (status < 500 ? 'That did not work' : 'Something went wrong'),
    kicker: `Error ${status}`,
    tone: toneOf(status),
    alert: true,
    requestId: problem.requestId,
    code: problem.code,
    actions: [...signIn, ...problem.actions],
    body: html`
      <p>${says}</p>
      <p class="soft">${advice}</p>
      ${renderFacts(problem.facts)}
      ${
        explanation !== undefined &&
        html`<details open>
          <summary>Why</summary>
          <pre>${explanation}</pre>
        </details>`
      }
    `,
  })
}

function toneOf(status: number): Tone {
  if (status === 401) return 'info'
  if (status === 404) return 'lost'
  return status < 500 ? 'refused' : 'trouble'
}
