/** One function on the page: what it takes, what it gives, how it is called, what can go wrong. */
import type { ApiDocument, ApiOperation, ApiResponse, Schema } from './document.ts';
import { fieldTable } from './fieldTable.ts';
import { type Html, html, prose } from './html.ts';

export interface Called {
  operation: ApiOperation;
  method: string;
  path: string;
}

export function operationSection({ operation, method, path }: Called, document: ApiDocument): Html {
  const { operationId: name, summary, description } = operation;
  return html`<article id="${name}" data-function aria-labelledby="${name}-title">
<h3 id="${name}-title"><span class="verb">${method.toUpperCase()}</span> ${name}</h3>
<p><strong>${summary}.</strong></p>
${prose(description)}<p class="facts">${factsOf(operation)}</p>
${takenBy({ operation, method, path })}<h4>Call it</h4>
<pre tabindex="0"><code>${curlOf({ operation, method, path })}</code></pre>
${givenBy(operation)}${problemsOf(operation, document)}</article>\n`;
}

function factsOf({ security, parameters, ...operation }: ApiOperation): string {
  const repeats = parameters.some(({ $ref }) => $ref?.endsWith('/Idempotency-Key')) ? ' Takes an Idempotency-Key.' : '';
  const feature = operation['x-feature'] === 'none' ? '' : ` Feature: ${operation['x-feature']}.`;
  return `${whoMayCall(operation, security)}${repeats} Limit: ${operation['x-rate']}.${feature}`;
}

function whoMayCall({ tags, 'x-rate': rate }: Pick<ApiOperation, 'tags' | 'x-rate'>, security: ApiOperation['security']): string {
  if (tags.includes('admin')) return 'For operators.';
  const isOpen = security.some((way) => Object.keys(way).length === 0);
  const takesTicket = security.some((way) => 'ticket' in way);
  if (!isOpen) return takesTicket ? 'Needs a token or a ticket.' : 'Needs a token.';
  if (rate === 'signIn' || tags.includes('system')) return 'Needs no token.';
  return 'Works without a token; with one you also get what is yours.';
}

function takenBy({ operation, method }: Called): Html | undefined {
  const schema = method === 'get' ? queryOf(operation) : operation.requestBody?.content['application/json']?.schema;
  if (Object.keys(schema?.properties ?? {}).length === 0) return undefined;
  return html`<h4>Takes</h4>\n${fieldTable(schema!, method === 'get' ? 'in the query' : 'as JSON')}`;
}

function queryOf({ parameters }: ApiOperation): Schema {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  return {
    properties: Object.fromEntries(query.map(({ name, schema }) => [name!, schema ?? {}])),
    required: query.filter(({ required }) => required).map(({ name }) => name!),
  };
}

/** `$BASE` is the service's address, `$TOKEN` an ID token. */
function curlOf({ operation, method, path }: Called): string {
  const needsToken = !operation.security.some((way) => Object.keys(way).length === 0);
  const token = needsToken ? ' \\\n  -H "Authorization: Bearer $TOKEN"' : '';
  if (method !== 'get') {
    const example = Object.values(operation.requestBody?.content['application/json']?.examples ?? {})[0]?.value ?? {};
    const body = JSON.stringify(example).replaceAll("'", "'\\''");
    return `curl "$BASE${path}"${token} \\\n  -H 'Content-Type: application/json' \\\n  -d '${body}'`;
  }
  const given = operation.parameters.flatMap(({ name, examples }) => {
    const value = Object.values(examples ?? {})[0]?.value;
    return name && value !== undefined ? [[name, String(value)]] : [];
  });
  const query = new URLSearchParams(given).toString();
  return `curl "$BASE${path}${query ? `?${query}` : ''}"${token}`;
}

function givenBy({ responses }: ApiOperation): Html[] {
  return Object.entries(responses)
    .filter(([, { $ref, content }]) => $ref === undefined && !isProblem(content))
    .map(([status, { description, content, headers }]) => {
      const json = content?.['application/json'];
      const example = Object.values(json?.examples ?? {})[0]?.value;
      const types = Object.keys(content ?? {}).join(', ');
      return html`<h4>Answers ${status}</h4>
<p>${description}${json || !types ? '' : html` As <code>${types}</code>.`}</p>
${json?.schema ? fieldTable(json.schema, 'as JSON') : undefined}${
  example === undefined
    ? undefined
    : html`<details><summary>Example of the answer ${status}</summary>
<pre tabindex="0"><code>${JSON.stringify(example, null, 2)}</code></pre></details>\n`
}<p class="facts">Headers: ${Object.keys(headers ?? {}).join(', ')}</p>\n`;
    });
}

/** A status that may be both is shown as an answer. */
function isProblem(content: ApiResponse['content'] = {}): boolean {
  return 'application/problem+json' in content && !('application/json' in content);
}

function problemsOf({ responses }: ApiOperation, { components }: ApiDocument): Html {
  const codes = Object.values(responses).flatMap((response) => {
    const { content } = response.$ref ? components.responses[response.$ref.split('/').at(-1)!]! : response;
    return Object.keys(content?.['application/problem+json']?.examples ?? {});
  });
  const links = codes.map(
    (code) => html`<li><a href="#error-${code}"><code>${code}</code></a> ${components.examples[code]?.value.status}</li>\n`,
  );
  return html`<details><summary>What can go wrong (${codes.length})</summary>\n<ul>\n${links}</ul></details>\n`;
}
