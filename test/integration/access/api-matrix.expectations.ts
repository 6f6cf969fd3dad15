// Who gets what from every operation of the API. The operations come from the OpenAPI document: one that is new has
// no line here and fails the test, until somebody has thought about who may call it.

/** Statuses for an administrator and for a person with the role sales. Nobody signed in always gets 401. */
export interface Expectation {
  administrator: number;
  sales: number;
  body?: object | string;
  /** what stands for a parameter of the path, instead of the id of a record that the administrator owns */
  parameters?: Record<string, string>;
  /** answers those who are not signed in with this instead of 401 */
  nobody?: number;
  /** of the body, where it is no JSON */
  contentType?: string;
  /** what the id of the path is of, where it is not of a record */
  of?: 'import' | 'attachment';
  search?: string;
}

/** On a record that somebody else owns. */
interface TypeLine {
  list: number;
  create: number;
  get: number;
  patch: number;
  delete: number;
  restore: number;
  timeline: number;
  body: object;
  patchBody: object;
}

const readable = { list: 200, get: 200, timeline: 200, patch: 403, delete: 403, restore: 403 };
const invisible = { list: 200, get: 404, timeline: 404, patch: 404, delete: 404, restore: 404 };

/** What the role sales may do with each type. */
export const typeLines: Record<string, TypeLine> = {
  accounts: { ...readable, create: 201, body: { name: 'Matrix' }, patchBody: { name: 'Changed' } },
  contacts: { ...readable, create: 201, body: { lastName: 'Matrix' }, patchBody: { lastName: 'Changed' } },
  products: { ...readable, create: 403, body: { name: 'Matrix' }, patchBody: { name: 'Changed' } },
  cases: { ...readable, create: 403, body: { subject: 'Matrix' }, patchBody: { subject: 'Changed' } },
  deals: { ...invisible, create: 201, body: { name: 'Matrix' }, patchBody: { name: 'Changed' } },
  activities: {
    ...invisible,
    create: 201,
    body: { kind: 'task', subject: 'Matrix' },
    patchBody: { subject: 'Changed' },
  },
  leads: { ...readable, create: 201, body: { lastName: 'Matrix' }, patchBody: { lastName: 'Changed' } },
  campaigns: { ...readable, create: 201, body: { name: 'Matrix' }, patchBody: { name: 'Changed' } },
  // Parts have the rights of the whole: of a campaign that may be seen but not changed, of a deal that is not seen.
  'campaign-members': {
    ...readable,
    create: 400,
    body: { campaignId: '$campaign', leadId: '$lead' },
    patchBody: { status: 'sent' },
  },
  'deal-lines': {
    ...invisible,
    create: 400,
    body: { dealId: '$deal', name: 'Matrix', unitPrice: { amount: '1.00', currency: 'EUR' } },
    patchBody: { name: 'Changed' },
  },
  users: {
    ...readable,
    create: 403,
    body: { name: 'Matrix', email: 'matrix-#@example.com' },
    patchBody: { name: 'Changed' },
  },
  pipelines: {
    ...readable,
    create: 403,
    body: { name: 'Matrix', key: 'matrix-#' },
    patchBody: { name: 'Changed' },
  },
  stages: {
    ...readable,
    create: 403,
    body: { name: 'Matrix', key: 'matrix-#', pipelineId: '$pipeline' },
    patchBody: { name: 'Changed' },
  },
};

const adminOnly = (administrator: number, more: Partial<Expectation> = {}): Expectation => ({
  administrator,
  sales: 403,
  ...more,
});
const everybody = (status: number, more: Partial<Expectation> = {}): Expectation => ({
  administrator: status,
  sales: status,
  ...more,
});
/** A file for any record; sent as what it is. */
export const newFile = { search: '?name=matrix.txt', body: 'a line of text\n', contentType: 'text/plain' };
const noSuchId = { id: '018f0000-0000-7000-8000-000000000000' };
const customField = {
  type: 'account',
  key: 'matrix#',
  label: 'Matrix',
  kind: 'text',
  classification: 'internal',
};

const newTeam = { name: 'Matrix #', parentId: null, members: [] };
const newRole = {
  name: 'Matrix',
  permissions: { account: { read: 'team', delete: 'deny' } },
  flags: [],
  hiddenFields: { account: ['revenue'] },
  readOnlyFields: {},
};

export const newImport = {
  mapping: 'type: account\nfields:\n  externalId: { from: Id }\n  name: { from: Name }\n',
  fileName: 'matrix.csv',
};

/** Every operation that does not belong to a record type. `#` becomes a number of its own in each call. */
export const expectations: Record<string, Expectation> = {
  'post /api/v1/auth/sign-in': everybody(401, { body: { email: 'x@example.com', password: 'wrong' } }),
  // The session that signs out is one of its own, see the test.
  'post /api/v1/auth/sign-out': everybody(204),
  'post /api/v1/auth/password': everybody(400, { body: { currentPassword: 'x', newPassword: 'y' } }),
  'post /api/v1/auth/replica-password': everybody(400, {
    body: { currentPassword: 'x', replicaPassword: 'y' },
  }),
  'get /api/v1/auth/session': everybody(200, { nobody: 200 }),
  'get /api/v1/me': everybody(200),
  'get /api/v1/types': everybody(200),
  'get /api/v1/roles': adminOnly(200),
  'post /api/v1/roles': adminOnly(201, { body: { ...newRole, key: 'matrix-#' } }),
  'put /api/v1/roles/{key}': adminOnly(404, { parameters: { key: 'no-such-role' }, body: newRole }),
  'delete /api/v1/roles/{key}': adminOnly(404, { parameters: { key: 'no-such-role' } }),
  'get /api/v1/teams': adminOnly(200),
  'post /api/v1/teams': adminOnly(201, { body: newTeam }),
  'put /api/v1/teams/{id}': adminOnly(404, { parameters: noSuchId, body: newTeam }),
  'delete /api/v1/teams/{id}': adminOnly(404, { parameters: noSuchId }),
  'get /api/v1/users/{id}/manager': adminOnly(200),
  'put /api/v1/users/{id}/manager': adminOnly(200, { body: { managerId: null } }),
  'get /api/v1/users/{id}/roles': adminOnly(200),
  'put /api/v1/users/{id}/roles': adminOnly(200, { body: { roles: ['service'] } }),
  'post /api/v1/users/{id}/password': adminOnly(204, { body: { password: 'a first password' } }),
  'get /api/v1/api-tokens': everybody(200),
  'post /api/v1/api-tokens': everybody(201, { body: { name: 'matrix', scopes: ['read'] } }),
  'delete /api/v1/api-tokens/{id}': everybody(404, { parameters: noSuchId }),
  'get /api/v1/attachments/labels': everybody(200),
  'get /api/v1/attachments/{id}': everybody(200, { of: 'attachment' }),
  'patch /api/v1/attachments/{id}': adminOnly(200, { of: 'attachment', body: { name: 'other.txt' } }),
  'delete /api/v1/attachments/{id}': adminOnly(204, { of: 'attachment' }),
  'post /api/v1/attachments/{id}/restore': adminOnly(200, { of: 'attachment' }),
  'get /api/v1/attachments/{id}/content': everybody(200, { of: 'attachment' }),
  'get /api/v1/search': everybody(400),
  'get /api/v1/views': everybody(200),
  'post /api/v1/views': everybody(201, { body: { type: 'account', name: 'matrix #' } }),
  'get /api/v1/views/{id}': everybody(404, { parameters: noSuchId }),
  'patch /api/v1/views/{id}': everybody(404, { parameters: noSuchId, body: { name: 'Changed' } }),
  'delete /api/v1/views/{id}': everybody(404, { parameters: noSuchId }),
  'get /api/v1/me/mentions': everybody(200),
  'post /api/v1/me/mentions/read': everybody(204, { body: {} }),
  'get /api/v1/me/following': everybody(200),
  'get /api/v1/tags': everybody(200),
  'get /api/v1/tags/changes': adminOnly(200),
  'post /api/v1/tags': adminOnly(201, { body: { name: 'matrix #' } }),
  'patch /api/v1/tags/{id}': adminOnly(404, { parameters: noSuchId, body: { name: 'Changed' } }),
  'delete /api/v1/tags/{id}': adminOnly(404, { parameters: noSuchId }),
  'get /api/v1/custom-fields': adminOnly(200),
  'post /api/v1/custom-fields': adminOnly(201, { body: customField }),
  'patch /api/v1/custom-fields/{id}': adminOnly(404, { parameters: noSuchId, body: { label: 'Changed' } }),
  'delete /api/v1/custom-fields/{id}': adminOnly(404, { parameters: noSuchId }),
  'post /api/v1/imports': adminOnly(201, { body: newImport }),
  'get /api/v1/imports': adminOnly(200),
  'get /api/v1/imports/{id}': adminOnly(200, { of: 'import' }),
  'put /api/v1/imports/{id}/file': adminOnly(202, {
    ...{ of: 'import', body: 'Id,Name\nm1,Matrix\n', contentType: 'text/csv' },
  }),
  'get /api/v1/imports/{id}/errors': adminOnly(404, { of: 'import' }),
  'post /api/v1/imports/{id}/cancel': adminOnly(200, { of: 'import' }),
  'get /healthz': everybody(200, { nobody: 200 }),
  'get /readyz': everybody(200, { nobody: 200 }),
  'get /metrics': everybody(200, { nobody: 200 }),
  'get /api/v1/deals/board': everybody(200),
  'post /api/v1/pipelines/{id}/move-deals': adminOnly(400, { body: { to: noSuchId.id } }),
  'get /api/v1/leads/{id}/convert': everybody(200),
  // a lead of somebody else's may be seen, not changed
  'post /api/v1/leads/{id}/convert': adminOnly(200, { body: {} }),
  'get /api/v1/jobs/dead': adminOnly(200),
  'get /api/v1/audit/checkpoint': adminOnly(200),
  'get /api/v1/audit/proof': adminOnly(404, { search: `?entry=${noSuchId.id}` }),
  'get /api/v1/audit/consistency': adminOnly(404, { search: '?from=1&to=1000000' }),
  'post /api/v1/jobs/dead/{job}/{id}/retry': adminOnly(404, { parameters: { job: 'import', ...noSuchId } }),
  'delete /api/v1/jobs/dead/{job}/{id}': adminOnly(404, { parameters: { job: 'import', ...noSuchId } }),
  'get /api/v1/cloud/status': everybody(200),
  'post /api/v1/cloud/pause': adminOnly(204, { body: {} }),
  'post /api/v1/cloud/resume': adminOnly(204, { body: {} }),
  'post /api/v1/cloud/brake/confirm': adminOnly(409, { body: { token: 'x', deletes: {} } }),
  'get /api/v1/cloud/records/{type}/{id}/outgoing': adminOnly(404, {
    parameters: { type: 'deal', ...noSuchId },
  }),
  'post /api/v1/cloud/records/{type}/{id}/outgoing': adminOnly(400, {
    ...{ parameters: { type: 'deal', ...noSuchId }, body: { yaml: 'version: 1' } },
  }),
  'post /api/v1/cloud/new-history': adminOnly(204, { body: { reason: 'matrix' } }),
  'get /api/v1/cloud/receipts': adminOnly(200),
  'get /api/v1/cloud/receipts/{generation}': adminOnly(404, { parameters: { generation: '1' } }),
  'get /api/v1/cloud/publications': adminOnly(200),
  'get /api/v1/cloud/replicas/lags': everybody(200),
  'get /api/v1/cloud/publications/{generation}/{n}/objects': adminOnly(404, {
    parameters: { generation: '1', n: '1' },
  }),
  'get /api/v1/cloud/records/{type}/{id}/publication': adminOnly(200, { parameters: { type: 'deal' } }),
  'post /api/v1/erasures': adminOnly(404, {
    body: { type: 'contact', id: '0199a1b2-0000-7000-8000-000000000009', reason: 'matrix' },
  }),
  'get /api/v1/erasures': adminOnly(200),
  'get /api/v1/erasures/{id}': adminOnly(404),
  'get /api/v1/cloud/policy': adminOnly(404),
  'get /api/v1/cloud/policy/versions': adminOnly(200),
  'post /api/v1/cloud/policy/check': adminOnly(200, { body: { yaml: 'version: 1' } }),
  'post /api/v1/cloud/policy/preview': adminOnly(200, { body: { yaml: 'version: 1' } }),
  'post /api/v1/cloud/policy/propose': adminOnly(400, { body: { yaml: 'version: 1', reason: 'matrix' } }),
  'post /api/v1/cloud/policy/{version}/approve': adminOnly(404, { parameters: { version: '1' } }),
};

/** On a replica: what may be read; everything that changes something is 405, save signing in and out. */
export const replicaExpectations: Record<string, Expectation> = {
  'post /api/v1/auth/sign-in': everybody(401, { body: { email: 'x@example.com', password: 'wrong' } }),
  'post /api/v1/auth/sign-out': everybody(204),
  'get /api/v1/auth/session': everybody(200, { nobody: 200 }),
  'get /api/v1/me': everybody(200),
  'get /api/v1/types': everybody(200),
  'get /api/v1/roles': adminOnly(200),
  // Read from tables that do not travel.
  'get /api/v1/teams': everybody(405, { nobody: 405 }),
  'get /api/v1/users/{id}/manager': everybody(405, { nobody: 405 }),
  'get /api/v1/users/{id}/roles': everybody(405, { nobody: 405 }),
  'get /api/v1/api-tokens': everybody(200),
  'get /api/v1/attachments/labels': everybody(200),
  'get /api/v1/attachments/{id}': everybody(200, { of: 'attachment' }),
  // The row has come, its file has not.
  'get /api/v1/attachments/{id}/content': everybody(409, { of: 'attachment' }),
  'get /api/v1/search': everybody(400),
  'get /api/v1/views': everybody(200),
  'get /api/v1/views/{id}': everybody(404, { parameters: noSuchId }),
  'get /api/v1/me/mentions': everybody(200),
  'get /api/v1/me/following': everybody(200),
  'get /api/v1/tags': everybody(200),
  'get /api/v1/tags/changes': adminOnly(200),
  'get /api/v1/custom-fields': adminOnly(200),
  'get /api/v1/cloud/status': everybody(200),
  'get /api/v1/deals/board': everybody(200),
  'get /api/v1/leads/{id}/convert': everybody(200),
  'get /healthz': everybody(200, { nobody: 200 }),
  // The bucket of this replica is empty: it has nothing to show yet.
  'get /readyz': everybody(503, { nobody: 503 }),
  'get /metrics': everybody(200, { nobody: 200 }),
};

/** Whose good answers the document does not describe yet. It may get shorter, never longer. */
export const undescribed: ReadonlySet<string> = new Set(['get /healthz', 'get /readyz', 'get /metrics']);
