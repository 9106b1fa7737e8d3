import type { ServerResponse } from 'node:http'

/** The pages of Google's front end, as people meet them in front of a private service. */
export function sendFrontEndPage(response: ServerResponse, status: number, path: string): void {
  if (status === 401) {
    const challenge = 'Bearer error="invalid_token" error_description="The access token could not be verified"'
    response.setHeader('www-authenticate', challenge)
  }
  response.writeHead(status, { 'content-type': 'text/html; charset=UTF-8', server: 'Google Frontend' })
  const title = titles[status] ?? `${String(status)} Error`
  response.end(`
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>${title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: ${title.replace(/^\d+ /, '')}</h1>
<h2>${explanation(status, escaped(path))}</h2>
<h2></h2>
</body></html>
`)
}

const titles: Readonly<Record<number, string>> = {
  401: '401 Unauthorized',
  403: '403 Forbidden',
  404: '404 Page not found',
  405: '405 Method Not Allowed',
  413: '413 Request Entity Too Large',
  503: '503 Server Error',
  504: '504 Gateway Timeout',
}

function explanation(status: number, path: string): string {
  switch (status) {
    case 401:
      return `Your client does not have permission to the requested URL <code>${path}</code>.`
    case 403:
      return `Your client does not have permission to get URL <code>${path}</code> from this server.`
    case 404:
      return `The requested URL <code>${path}</code> was not found on this server.`
    default:
      return 'The service you requested is not available at this time.'
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`)
}
