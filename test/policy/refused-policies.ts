/** Policies that are refused, and every issue: `line:column path: message`. */
export const refusedPolicies: readonly (readonly [title: string, text: string, ...expected: string[]])[] = [
  ['nothing at all', 'null', '1:1 : expected a rule, an object with "allow" or "deny", but found nothing'],
  ['an empty rule', '- {}', '1:3 0: expected a rule, an object with "allow" or "deny", but found an empty object'],
  ['a text', 'allow', '1:1 : expected a rule, an object with "allow" or "deny", but found the text "allow"'],
  ['a list in the list', '- []', '1:3 0: expected a rule, an object with "allow" or "deny", but found an empty list'],
  [
    'a misspelt action',
    'alow: { or: [{ accept: true }] }',
    '1:1 alow: unknown action "alow"; a rule has "allow" or "deny"; did you mean "allow"?',
  ],
  [
    'an operator where an action belongs',
    'or: [{ accept: true }]',
    '1:1 or: unknown action "or"; a rule has "allow" or "deny"; "or" goes inside one of them',
  ],
  [
    'a criterion where an action belongs',
    'claim/hd: example.com',
    '1:1 claim/hd: unknown action "claim/hd"; a rule has "allow" or "deny"; the criterion "claim" goes into a list inside one of them',
  ],
  [
    'an empty action',
    'allow: {}',
    '1:1 allow: expected an object with "and", "or", "not" or "nor", but found an empty object',
  ],
  [
    'an action without anything',
    'allow:',
    '1:1 allow: expected an object with "and", "or", "not" or "nor", but found nothing',
  ],
  [
    'an action that is a list',
    'allow: [{ accept: true }]',
    '1:1 allow: expected an object with "and", "or", "not" or "nor", but found a list; put the list under "and", "or", "not" or "nor"',
  ],
  [
    'a misspelt operator',
    'allow:\n  adn: [{ accept: true }]',
    '2:3 allow.adn: unknown operator "adn"; expected "and", "or", "not" or "nor"; did you mean "and"?',
  ],
  [
    'an operator in capitals',
    'allow:\n  OR: [{ accept: true }]',
    '2:3 allow.OR: unknown operator "OR"; expected "and", "or", "not" or "nor"; did you mean "or"?',
  ],
  [
    'a criterion where an operator belongs',
    'allow:\n  domain: example.com',
    '2:3 allow.domain: unknown operator "domain"; expected "and", "or", "not" or "nor"; the criterion "domain" goes into a list under one of them',
  ],
  ['an empty and', 'allow: { and: [] }', '1:10 allow.and: expected a list of criteria, but found an empty list'],
  ['an empty or', 'allow: { or: [] }', '1:10 allow.or: expected a list of criteria, but found an empty list'],
  ['an empty not', 'allow: { not: [] }', '1:10 allow.not: expected a list of criteria, but found an empty list'],
  ['an empty nor', 'allow: { nor: [] }', '1:10 allow.nor: expected a list of criteria, but found an empty list'],
  [
    'an operator without a list',
    'allow: { and: { accept: true } }',
    '1:10 allow.and: expected a list of criteria, but found an object',
  ],
  [
    'an action with only a stray key',
    'allow: { action: allow }',
    '1:1 allow: expected "and", "or", "not" or "nor": the rule has no criteria',
  ],
  [
    'a stray action that contradicts',
    'allow: { action: deny, or: [{ accept: true }] }',
    '1:10 allow.action: "action" contradicts the rule, which is "allow"; leave it out',
  ],
  [
    'only deny rules',
    '- deny: { or: [{ email: bob@example.com }] }',
    '1:1 : no rule allows anybody: a policy with only "deny" rules refuses everybody',
  ],
  [
    'a criterion without its value',
    'allow: { or: [accept] }',
    '1:15 allow.or.0: expected one criterion, such as "domain: example.com", but found the text "accept"; write "accept: true"',
  ],
  ['an empty criterion', 'allow: { or: [{}] }', '1:15 allow.or.0: expected one criterion, but found an empty object'],
  [
    'a list for a criterion',
    'allow: { or: [[]] }',
    '1:15 allow.or.0: expected one criterion, such as "domain: example.com", but found an empty list',
  ],
  [
    'a criterion that needs an operand',
    'allow: { or: [email] }',
    '1:15 allow.or.0: expected one criterion, such as "domain: example.com", but found the text "email"',
  ],
  [
    'two criteria behind one dash',
    'allow:\n  or:\n    - domain: example.com\n      email: a@example.com',
    '3:7 allow.or.0: expected exactly one criterion, but found "domain" and "email"; put a dash before each',
  ],
  [
    'an operand that is not indented',
    'allow:\n  or:\n    - domain:\n      is: example.com',
    '3:7 allow.or.0: "domain" has no value, and "is" stands beside it; indent it more than "domain"',
  ],
  [
    'a misspelt criterion',
    'allow: { or: [{ emial: a@b.c }] }',
    '1:17 allow.or.0.emial: unknown criterion "emial"; did you mean "email"?',
  ],
  [
    'a criterion nobody knows',
    'allow: { or: [{ shoe_size: 43 }] }',
    '1:17 allow.or.0.shoe_size: unknown criterion "shoe_size"',
  ],
  [
    'a sub-path where none belongs',
    'allow: { or: [{ email/x: a@b.c }] }',
    '1:17 allow.or.0.email/x: "email" takes nothing after a slash; write "email"',
  ],
  [
    'a claim without a name',
    'allow: { or: [{ claim: a }, { claim/: a }] }',
    '1:17 allow.or.0.claim: "claim" needs a name after a slash, such as "claim/hd"',
    '1:31 allow.or.1.claim/: "claim" needs a name after a slash, such as "claim/hd"',
  ],
  [
    'false after a word that means the same whatever follows',
    'allow: { or: [{ accept: false }] }',
    '1:17 allow.or.0.accept: "accept" means the same whatever follows, so "false" would mislead; take the criterion out',
  ],
]

/** Criteria whose operand is refused, and the issue: `path: message`. */
export const refusedOperands: readonly (readonly [criterion: string, expected: string])[] = [
  ['email: 5', 'email: expected a text, but found the number 5; put it in quotes'],
  ['email:', 'email: expected a text, but found nothing'],
  ['email: ""', 'email: expected a text, but found an empty text'],
  ['email: [a@b.c]', 'email: expected one text, but found a list; a list goes under "in"'],
  [
    'email: {}',
    'email: expected a text or "is", "not", "contains", "starts_with", "ends_with", "in" or "not_in", but found nothing',
  ],
  [
    'email: { end_with: x }',
    'email.end_with: unknown operator "end_with"; expected "is", "not", "contains", "starts_with", "ends_with", "in" or "not_in"; did you mean "ends_with"?',
  ],
  [
    'email: { toString: x }',
    'email.toString: unknown operator "toString"; expected "is", "not", "contains", "starts_with", "ends_with", "in" or "not_in"',
  ],
  ['email: { starts_with: "" }', 'email.starts_with: expected a text, but found an empty text'],
  ['email: { in: a@b.c }', 'email.in: expected a list of texts, but found the text "a@b.c"'],
  ['email: { in: [] }', 'email.in: expected a list of texts, but found an empty list'],
  ['email: { not_in: [] }', 'email.not_in: expected a list of texts, but found an empty list'],
  ['email: { in: [a@b.c, 7] }', 'email.in.1: expected a text, but found the number 7; put it in quotes'],
  [
    'email: { in: [a@b.c, example.com] }',
    'email.in.1: expected an e-mail address with an @; for everybody of a domain there is "domain"',
  ],
  [
    'email: { not: example.com }',
    'email.not: expected an e-mail address with an @; for everybody of a domain there is "domain"',
  ],
  ['domain: "@example.com"', 'domain: expected only what follows the @ of the e-mail address'],
  ['user: 118201234', 'user: expected a text, but found the number 118201234; put it in quotes'],
  ['claim/x:', 'claim/x: expected one text, number, true or false, but found nothing'],
  [
    'claim/x: [a]',
    'claim/x: expected one text, number, true or false, but found a list; write one criterion for each value under "or"',
  ],
  ['claim/x: {}', 'claim/x: expected a value or "has", "is" or "exclude", but found nothing'],
  ['claim/x: { exclude: "" }', 'claim/x.exclude: expected one text, number, true or false, but found an empty text'],
  [
    'groups: { hass: a }',
    'groups.hass: unknown operator "hass"; expected "has", "is" or "exclude"; did you mean "has"?',
  ],
  [
    'groups: { in: [a] }',
    'groups.in: unknown operator "in"; expected "has", "is" or "exclude"; write one criterion with "has" for each value under "or"',
  ],
  ['http_method: get', 'http_method: methods are written in capitals: "GET"'],
  ['http_path: admin', 'http_path: a path starts with a slash: "/admin"'],
  ['http_path: { starts_with: admin }', 'http_path.starts_with: a path starts with a slash: "/admin"'],
  ['http_path: /a?b=c', 'http_path: the path is compared without its query; leave out everything from the "?" on'],
  ['source_ip: 10.0.0.256', 'source_ip: "10.0.0.256" is no IP address and no CIDR block'],
  ['source_ip: 10.0.0.1/8', 'source_ip: "10.0.0.1/8" has bits set beyond /8; write the first address of the block'],
  ['source_ip: 10.0.0.0/33', 'source_ip: "10.0.0.0/33" has a prefix length that does not fit the address'],
  ['source_ip: 10.0.0.0/x', 'source_ip: "10.0.0.0/x" has no valid prefix length after the slash'],
  ['source_ip: []', 'source_ip: expected an IP address or a CIDR block, but found an empty list'],
  ['source_ip: [10.0.0.1, 7]', 'source_ip.1: expected an IP address or a CIDR block, but found the number 7'],
  [
    'client_certificate: true',
    'client_certificate: expected an object with "fingerprint", "spki_hash", "san_dns", "san_email" or "san_uri", but found true',
  ],
  [
    'client_certificate: {}',
    'client_certificate: expected an object with "fingerprint", "spki_hash", "san_dns", "san_email" or "san_uri", but found an empty object',
  ],
  [
    'client_certificate: { san_dsn: x }',
    'client_certificate.san_dsn: unknown key "san_dsn"; expected "fingerprint", "spki_hash", "san_dns", "san_email" or "san_uri"; did you mean "san_dns"?',
  ],
  [
    'client_certificate: { san_dns: 5 }',
    'client_certificate.san_dns: expected a text, but found the number 5; put it in quotes',
  ],
  [
    'client_certificate: { fingerprint: abc }',
    'client_certificate.fingerprint: expected a SHA-256 fingerprint in hex, but found the text "abc"',
  ],
  [
    'client_certificate: { fingerprint: [] }',
    'client_certificate.fingerprint: expected a SHA-256 fingerprint in hex, but found an empty list',
  ],
  [
    'client_certificate: { spki_hash: [5] }',
    'client_certificate.spki_hash.0: expected a SHA-256 hash in base64, but found the number 5',
  ],
  [
    'date: 2026-01-01',
    'date: expected an object with "after", "before" or "timezone", but found the text "2026-01-01"',
  ],
  ['date: {}', 'date: expected "after", "before" or both'],
  ['date: { timezone: UTC }', 'date: expected "after", "before" or both'],
  [
    'date: { after: 2026-02-30 }',
    'date.after: expected a date such as "2026-12-31" or "2026-12-31T18:00:00", but found the text "2026-02-30"',
  ],
  [
    'date: { before: 2026-01-01T24:00 }',
    'date.before: expected a date such as "2026-12-31" or "2026-12-31T18:00:00", but found the text "2026-01-01T24:00"',
  ],
  [
    'date: { before: 2026-01-01T12:60 }',
    'date.before: expected a date such as "2026-12-31" or "2026-12-31T18:00:00", but found the text "2026-01-01T12:60"',
  ],
  [
    'date: { before: 2026-01-01T12:00:60 }',
    'date.before: expected a date such as "2026-12-31" or "2026-12-31T18:00:00", but found the text "2026-01-01T12:00:60"',
  ],
  [
    'date: { after: 2026-01-02, before: 2026-01-02 }',
    'date: "after" must be earlier than "before": no date is between these',
  ],
  ['date: { until: 2026-01-02 }', 'date.until: unknown key "until"; expected "after", "before" or "timezone"'],
  ['day_of_week: mo-fr', 'day_of_week: expected days such as "mon-fri", "sat,sun" or "*", but found the text "mo-fr"'],
  [
    'day_of_week: mon-tue-wed',
    'day_of_week: expected days such as "mon-fri", "sat,sun" or "*", but found the text "mon-tue-wed"',
  ],
  ['day_of_week: [mon]', 'day_of_week: expected days such as "mon-fri", "sat,sun" or "*", but found a list'],
  ['day_of_week: { timezone: UTC }', 'day_of_week: needs "days", such as "mon-fri"'],
  ['time_of_day: { after: "9:00" }', 'time_of_day: needs a "timezone", such as "Europe/Berlin"'],
  [
    'time_of_day: { after: "9:00", timezone: Europe/Berlim }',
    'time_of_day.timezone: expected a time zone such as "Europe/Berlin", but found the text "Europe/Berlim"; did you mean "Europe/Berlin"?',
  ],
  [
    'time_of_day: { after: "9:00", timezone: "+02:00" }',
    'time_of_day.timezone: expected a time zone such as "Europe/Berlin", but found the text "+02:00"',
  ],
  [
    'time_of_day: { after: 9, timezone: UTC }',
    'time_of_day.after: expected a time such as "17:30" or "5:30 PM", in quotes, but found the number 9',
  ],
  [
    'time_of_day: { before: "25:00", timezone: UTC }',
    'time_of_day.before: expected a time such as "17:30" or "5:30 PM", in quotes, but found the text "25:00"',
  ],
  [
    'time_of_day: { before: "13:00 PM", timezone: UTC }',
    'time_of_day.before: expected a time such as "17:30" or "5:30 PM", in quotes, but found the text "13:00 PM"',
  ],
  [
    'time_of_day: { after: "9:00", before: "9:00", timezone: UTC }',
    'time_of_day: expected "after", "before" or both, at different times: this is the whole day or none of it',
  ],
  [
    'time_of_day: { timezone: UTC }',
    'time_of_day: expected "after", "before" or both, at different times: this is the whole day or none of it',
  ],
]
