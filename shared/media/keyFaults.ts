/**
 * Everything that can be wrong between a storage key and its bucket: what it means and what to do, in English and Korean.
 *
 * The sentences are fixed; only counts and names of ours are put into them. So nothing of a key can reach a message.
 */
export interface KeyFault {
  code: KeyFaultCode;
  /** What the sentences of this code ask for in braces. Never a part of what was given as a key. */
  facts?: Record<string, string | number>;
}

export interface KeyExplanation {
  what: Sentence;
  /** What to do next. */
  next: Sentence;
}

export interface Sentence {
  en: string;
  ko: string;
}

export function explainKeyFault({ code, facts = {} }: KeyFault): KeyExplanation {
  const { what, next } = KEY_FAULTS[code];
  return { what: sentence(what, facts), next: sentence(typeof next === 'string' ? NEXT[next] : next, facts) };
}

function sentence([en, ko]: Pair, facts: Record<string, string | number>): Sentence {
  const filled = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? '?'));
  return { en: filled(en), ko: filled(ko) };
}

type Pair = readonly [en: string, ko: string];

const NEXT = {
  restore: ['Put the JSON key of the service account there.', '서비스 계정의 JSON 키를 넣으세요.'],
  wholeFile: [
    'Put the whole JSON file there, exactly as Google gave it; if it is lost, make a new key (console → Service Accounts → Keys).',
    'Google이 준 JSON 파일 전체를 그대로 넣으세요. 없으면 새 키를 만드세요(콘솔 → 서비스 계정 → 키).',
  ],
  newKey: [
    'Make a JSON key of the service account of the storage (console → Service Accounts → Keys) and put the whole file there.',
    '스토리지용 서비스 계정의 JSON 키를 만들어(콘솔 → 서비스 계정 → 키) 파일 전체를 넣으세요.',
  ],
  wait: [
    'Wait: it is read again. If it lasts, see https://status.cloud.google.com.',
    '기다리면 다시 읽습니다. 계속되면 https://status.cloud.google.com 을 확인하세요.',
  ],
} as const satisfies Record<string, Pair>;

const KEY_FAULTS = {
  // Reading it
  missing: {
    what: ['There is no key. The file or the secret is absent or empty.', '키가 없습니다. 파일이나 시크릿이 없거나 비어 있습니다.'],
    next: 'restore',
  },
  unreadable: {
    what: ['The key file cannot be read by this process.', '이 프로세스가 키 파일을 읽을 수 없습니다.'],
    next: ['Let the account that runs the service read the file.', '서비스를 실행하는 계정에 파일 읽기 권한을 주세요.'],
  },
  secret_missing: {
    what: ['The secret, or a version of it, does not exist.', '시크릿 또는 그 버전이 없습니다.'],
    next: [
      'Check GCS_KEY_SECRET, and add the key as a new version of the secret.',
      'GCS_KEY_SECRET을 확인하고 키를 새 버전으로 추가하세요.',
    ],
  },
  secret_disabled: {
    what: ['The newest version of the secret is disabled or destroyed.', '시크릿의 최신 버전이 비활성화되었거나 폐기되었습니다.'],
    next: ['Enable that version, or add the key as a new one.', '그 버전을 다시 활성화하거나 키를 새 버전으로 추가하세요.'],
  },
  secret_forbidden: {
    what: ['Secret Manager does not let the service read the secret.', 'Secret Manager가 서비스의 시크릿 접근을 거부합니다.'],
    next: ['Give the functions’ account roles/secretmanager.secretAccessor.', '함수 계정에 roles/secretmanager.secretAccessor를 주세요.'],
  },
  secret_unavailable: {
    what: ['Secret Manager does not answer, or answers with an error.', 'Secret Manager가 응답하지 않거나 오류를 냅니다.'],
    next: 'wait',
  },
  secret_damaged: {
    what: ['What came from Secret Manager has another checksum than it says.', 'Secret Manager에서 받은 내용의 체크섬이 다릅니다.'],
    next: 'wait',
  },

  // The text as a whole
  not_json: {
    what: ['The text is not the JSON of a key ({characters} characters).', '내용이 키의 JSON이 아닙니다({characters}자).'],
    next: 'wholeFile',
  },
  file_truncated: {
    what: ['The JSON of the key breaks off after {characters} characters.', '키의 JSON이 {characters}자에서 끊겨 있습니다.'],
    next: 'wholeFile',
  },
  bare_private_key: {
    what: ['This is a private key alone, without the JSON around it.', 'JSON 없이 비공개 키만 들어 있습니다.'],
    next: 'wholeFile',
  },
  public_key: {
    what: ['This is a public key. Nothing can be signed with it.', '공개 키입니다. 서명할 수 없습니다.'],
    next: 'wholeFile',
  },
  certificate: {
    what: ['This is a certificate: nothing can be signed with it.', '인증서입니다. 서명할 수 없습니다.'],
    next: 'wholeFile',
  },
  authorized_user: {
    what: ['These are the credentials of a person (authorized_user).', '개인 사용자 자격 증명(authorized_user)입니다.'],
    next: 'newKey',
  },
  external_account: {
    what: ['These are federated or borrowed credentials without a key of their own.', '자체 키가 없는 연동(페더레이션) 자격 증명입니다.'],
    next: 'newKey',
  },
  oauth_client: {
    what: ['This is the file of an OAuth client, not of a service account.', '서비스 계정이 아니라 OAuth 클라이언트 파일입니다.'],
    next: 'newKey',
  },
  other_json: {
    what: ['This is JSON, but not the key of a service account.', 'JSON이지만 서비스 계정 키가 아닙니다.'],
    next: 'newKey',
  },
  field_missing: {
    what: ['The JSON lacks {fields}.', 'JSON에 {fields} 항목이 없습니다.'],
    next: 'wholeFile',
  },

  // Its private key
  too_short: {
    what: [
      'The private key has {characters} characters; a real one has 1,600 or more.',
      '비공개 키가 {characters}자입니다(정상은 1,600자 이상).',
    ],
    next: 'wholeFile',
  },
  truncated: {
    what: [
      'A part of the private key is cut off; {characters} characters are there.',
      '비공개 키의 일부가 잘렸습니다({characters}자만 있음).',
    ],
    next: 'wholeFile',
  },
  damaged: {
    what: ['The private key is long enough, but something in it was changed.', '비공개 키의 길이는 맞지만 내용이 바뀌었습니다.'],
    next: 'wholeFile',
  },
  encrypted: {
    what: ['The private key is protected by a password.', '비공개 키가 암호로 보호되어 있습니다.'],
    next: 'wholeFile',
  },
  elliptic: {
    what: ['The private key is an elliptic one; Google takes RSA.', '비공개 키가 타원 곡선(EC) 키입니다. Google은 RSA 키를 사용합니다.'],
    next: 'newKey',
  },
  not_rsa: {
    what: ['The private key is no RSA key, and Google takes no other.', '비공개 키가 RSA 키가 아닙니다. Google은 RSA 키를 사용합니다.'],
    next: 'newKey',
  },
  small_modulus: {
    what: ['The private key has {bits} bits; Google wants 2,048 or more.', '비공개 키가 {bits}비트입니다. 2,048비트 이상이어야 합니다.'],
    next: 'newKey',
  },

  // Whose it is
  other_account: {
    what: ['The key is of another service account than expected.', '예상과 다른 서비스 계정의 키입니다.'],
    next: 'newKey',
  },
  other_project: {
    what: ['The key is of another project than {project}.', '{project}가 아닌 다른 프로젝트의 키입니다.'],
    next: 'newKey',
  },

  // What Google says about it
  account_unknown: {
    what: [
      'Google knows no such service account: deleted, or its name is wrong.',
      '없는 서비스 계정입니다. 삭제되었거나 이름이 틀렸습니다.',
    ],
    next: 'newKey',
  },
  account_disabled: {
    what: ['The service account is disabled.', '서비스 계정이 비활성화되어 있습니다.'],
    next: ['Enable it: Google Cloud console → IAM & Admin → Service Accounts.', '콘솔 → IAM 및 관리자 → 서비스 계정에서 활성화하세요.'],
  },
  signature_refused: {
    what: [
      'Google does not know this key of the account: it was deleted or disabled, or it is the key of another account.',
      'Google이 이 계정의 키로 인정하지 않습니다. 삭제·비활성화되었거나 다른 계정의 키입니다.',
    ],
    next: 'newKey',
  },
  clock_skew: {
    what: ['The clock of this machine is {minutes} minutes wrong, so Google refuses.', '서버 시계가 {minutes}분 틀려 Google이 거부합니다.'],
    next: ['Set the clock; let it follow a time server (NTP).', '시계를 맞추고 시간 서버(NTP)와 동기화하세요.'],
  },
  exchange_unavailable: {
    what: ['Google’s token endpoint does not answer ({reason}).', 'Google 토큰 서버가 응답하지 않습니다({reason}).'],
    next: 'wait',
  },
  exchange_refused: {
    what: ['Google gives no token for the key ({reason}).', 'Google이 이 키에 토큰을 주지 않습니다({reason}).'],
    next: 'newKey',
  },
  token_refused: {
    what: ['The bucket refuses the token of the account.', '버킷이 계정의 토큰을 거부합니다.'],
    next: ['See whether the service account is enabled; else make a new key.', '서비스 계정의 상태를 확인하거나 새 키를 만드세요.'],
  },
  no_permission: {
    what: ['Google knows the account, but it may not use the bucket.', '계정은 정상이지만 버킷 권한이 없습니다.'],
    next: [
      'Give the account the role roles/storage.objectAdmin on the bucket, or use the key of the right account.',
      '계정에 버킷의 roles/storage.objectAdmin 역할을 주거나 올바른 계정의 키를 사용하세요.',
    ],
  },
  billing_disabled: {
    what: ['The project of the bucket has no billing account that works.', '버킷 프로젝트의 결제 계정이 동작하지 않습니다.'],
    next: ['Set the billing account of the project right.', '프로젝트의 결제 계정을 바로잡으세요.'],
  },
  bucket_missing: {
    what: ['The bucket does not exist.', '버킷이 없습니다.'],
    next: [
      'Check the names in MEDIA_STORES; a bucket that was deleted can be restored for 7 days.',
      'MEDIA_STORES의 이름을 확인하세요. 삭제된 버킷은 7일 안에 복원할 수 있습니다.',
    ],
  },
} as const satisfies Record<string, { what: Pair; next: Pair | keyof typeof NEXT }>;

export type KeyFaultCode = keyof typeof KEY_FAULTS;

/** What was wrong with a key and has been set right; it works, but whoever put it there may want to know. */
const KEY_REPAIRS = {
  byte_order_mark: ['a byte order mark or invisible characters around it', '앞뒤의 BOM·보이지 않는 문자'],
  quotes: ['quotes around it', '둘러싼 따옴표'],
  base64: ['base64 around it', 'base64 인코딩'],
  file_line_breaks: ['line breaks of the JSON, escaped or not, in the wrong places', 'JSON의 줄바꿈'],
  escaped_line_breaks: ['escaped line breaks (\\n) in the private key', '비공개 키의 이스케이프된 줄바꿈(\\n)'],
  carriage_returns: ['line ends of Windows in the private key', '비공개 키의 Windows 줄바꿈(CRLF)'],
  missing_line_breaks: ['line breaks missing in the private key', '비공개 키에 빠진 줄바꿈'],
  blanks: ['blanks in the private key', '비공개 키의 공백'],
  armor: ['a first or last line missing or wrong in the private key', '비공개 키의 첫 줄·끝 줄'],
  pkcs1: ['the private key is in the form PKCS#1 instead of PKCS#8', 'PKCS#8이 아닌 PKCS#1 형식'],
} as const satisfies Record<string, Pair>;

export type KeyRepair = keyof typeof KEY_REPAIRS;

export function explainKeyRepair(repair: KeyRepair): Sentence {
  return sentence(KEY_REPAIRS[repair], {});
}
