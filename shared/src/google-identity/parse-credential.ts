import { createPrivateKey } from 'node:crypto'
import { PosternError } from '../errors/postern-error.ts'
import { Secret } from '../secret.ts'

/** A Google credential file, checked. The library does not check the addresses in it; whoever writes them gets the secrets. */
export type ParsedCredential = SourceCredential | ImpersonatedCredential

export type SourceCredential =
  | { readonly type: 'service_account'; readonly email: string; readonly key: Secret }
  | {
      readonly type: 'external_account'
      readonly options: Readonly<Record<string, unknown>>
      readonly fromAws: boolean
    }
  | {
      readonly type: 'authorized_user'
      readonly clientId: string
      readonly clientSecret: Secret
      readonly refreshToken: Secret
    }

export interface ImpersonatedCredential {
  readonly type: 'impersonated'
  /** The service account that the tokens speak for. */
  readonly target: string
  readonly delegates: readonly string[]
  readonly source: SourceCredential
}

type Document = Readonly<Record<string, unknown>>

const tokenUris = ['https://oauth2.googleapis.com/token', 'https://accounts.google.com/o/oauth2/token']
const stsUrl = /^https:\/\/sts\.(?:[a-z0-9-]+\.)?googleapis\.com\/v1\/token$/
const impersonationUrl =
  /^https:\/\/iamcredentials\.googleapis\.com\/v1\/projects\/-\/serviceAccounts\/([^/:?#\s]+@[^/:?#\s]+):generate(?:AccessToken|IdToken)$/

/** @throws PosternError CONFIG_INVALID, naming the field and never its content */
export function parseCredential(json: Secret): ParsedCredential {
  try {
    return readCredential(json)
  } catch (error) {
    if (!(error instanceof UnusableCredential)) throw error
    throw new PosternError('CONFIG_INVALID', `the Google credential cannot be used: ${error.message}`)
  }
}

/** What is wrong with a credential, as the end of a sentence; never holds its content. */
export class UnusableCredential extends Error {
  override readonly name = 'UnusableCredential'
}

/** The same as `parseCredential`, for whoever knows where the credential stands. @throws UnusableCredential */
export function readCredential(json: Secret): ParsedCredential {
  return parseDocument(parseJson(json))
}

function parseDocument(document: Document): ParsedCredential {
  const { universe_domain: universe } = document
  if (universe !== undefined && universe !== 'googleapis.com') refuse('its universe_domain is not googleapis.com')
  switch (document['type']) {
    case 'service_account':
      return serviceAccount(document)
    case 'authorized_user':
      return {
        type: 'authorized_user',
        clientId: text(document, 'client_id'),
        clientSecret: new Secret(text(document, 'client_secret')),
        refreshToken: new Secret(text(document, 'refresh_token')),
      }
    case 'external_account':
      return externalAccount(document)
    case 'impersonated_service_account': {
      const source = parseDocument(object(document, 'source_credentials'))
      if (source.type === 'impersonated') return refuse('its source_credentials impersonate once more; use delegates')
      const delegates = Array.isArray(document['delegates']) ? document['delegates'].map(String) : []
      return { type: 'impersonated', target: impersonationTarget(document), delegates, source }
    }
    default:
      return refuse(
        'its type is none of service_account, external_account, impersonated_service_account, authorized_user',
      )
  }
}

function serviceAccount(document: Document): SourceCredential {
  const { token_uri: tokenUri } = document
  if (tokenUri !== undefined && !tokenUris.some((known) => known === tokenUri)) refuse("its token_uri is not Google's")
  const pem = text(document, 'private_key').replaceAll('\\n', '\n') // keys pasted through a shell or an .env file
  if (keyTypeOf(pem) !== 'rsa') refuse('its private_key is not an RSA key in PEM form')
  return { type: 'service_account', email: text(document, 'client_email'), key: new Secret(pem) }
}

/** Federation alone gives access tokens, never ID tokens: there must be a service account to speak as. */
function externalAccount(document: Document): ImpersonatedCredential {
  if (!stsUrl.test(text(document, 'token_url'))) refuse("its token_url is not Google's Security Token Service")
  const origin = object(document, 'credential_source')
  if (origin['executable'] !== undefined) refuse('its credential_source runs a program')
  if (document['service_account_impersonation_url'] === undefined) {
    refuse('it names no service account (service_account_impersonation_url), and federated identities get no ID tokens')
  }
  const options = { ...document }
  delete options['service_account_impersonation_url']
  const source = { type: 'external_account', options, fromAws: origin['environment_id'] !== undefined } as const
  return { type: 'impersonated', target: impersonationTarget(document), delegates: [], source }
}

function impersonationTarget(document: Document): string {
  const target = impersonationUrl.exec(text(document, 'service_account_impersonation_url'))?.[1]
  return target ?? refuse("its service_account_impersonation_url is not one of Google's iamcredentials")
}

function keyTypeOf(pem: string): string | undefined {
  try {
    return createPrivateKey(pem).asymmetricKeyType
  } catch {
    return undefined // refused by the caller, without quoting OpenSSL
  }
}

function parseJson(json: Secret): Document {
  try {
    const document: unknown = JSON.parse(json.reveal())
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as Document
  } catch {
    // a syntax error of JSON.parse quotes the input
  }
  return refuse('it is not a JSON object')
}

function text(document: Document, name: string): string {
  const value = document[name]
  return typeof value === 'string' && value !== '' ? value : refuse(`it has no ${name}`)
}

function object(document: Document, name: string): Document {
  const value = document[name]
  return typeof value === 'object' && value !== null ? (value as Document) : refuse(`it has no ${name}`)
}

function refuse(why: string): never {
  throw new UnusableCredential(why)
}
