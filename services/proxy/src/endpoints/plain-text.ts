import { giveAnswer, ownHeaders } from '../answers/answer.ts'
import type { EndpointDeps, OwnVisit } from './endpoint.ts'

export function answerPing(_deps: EndpointDeps, own: OwnVisit): void {
  answerText(own, 'OK')
}

/** No crawler gets further than the sign-in, so none needs to try. */
export function answerRobots(_deps: EndpointDeps, own: OwnVisit): void {
  answerText(own, 'User-agent: *\nDisallow: /\n')
}

function answerText({ visit }: OwnVisit, body: string): void {
  const headers = {
    ...ownHeaders(visit.requestId),
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  }
  giveAnswer(visit, { status: 200, headers, body })
}
