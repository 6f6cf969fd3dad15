// What one writes by hand for exactly three routes: Fastify and pg, prepared statements, no checks of who asks.
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { fastify } from 'fastify';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';

const { url, port, members } = JSON.parse(process.argv[2]);
const pool = new pg.Pool({ connectionString: url, max: 10, options: '-c timezone=UTC' });
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
// a record without tags has none stored, and shows an empty list
const valueOf = (name) => (name === 'tags' ? `coalesce(tags, '[]')` : `"${snake(name)}"`);
const columns = members.map((name) => `${valueOf(name)} AS "${name}"`).join(', ');
const app = fastify();

const list = {
  name: 'list',
  text: `SELECT ${columns} FROM crm.contact WHERE deleted_at IS NULL ORDER BY id DESC LIMIT $1`,
};
app.get('/api/v1/contacts', async (request, reply) => {
  const limit = Number(request.query.limit);
  const { rows } = await pool.query({ ...list, values: [limit + 1] });
  const data = rows.slice(0, limit);
  const nextCursor = rows.length > limit ? cursorAfter(data.at(-1).id) : null;
  reply.type('application/json; charset=utf-8');
  return JSON.stringify({ data, page: { nextCursor } });
});

/** The same form as the product's, since the answers must have the same bytes. */
function cursorAfter(id) {
  return Buffer.from(JSON.stringify(['-id', id])).toString('base64url');
}

const get = { name: 'get', text: `SELECT ${columns} FROM crm.contact WHERE id = $1 AND deleted_at IS NULL` };
app.get('/api/v1/contacts/:id', async (request, reply) => {
  const { rows } = await pool.query({ ...get, values: [request.params.id] });
  if (rows.length === 0) return reply.code(404).send();
  reply.header('etag', `"${rows[0].version}"`).type('application/json; charset=utf-8');
  return JSON.stringify(rows[0]);
});

const writable = ['firstName', 'lastName', 'jobTitle', 'email', 'phone'];
const insertContact = {
  name: 'insert-contact',
  text: `INSERT INTO crm.contact (id, created_at, updated_at, version, ${writable.map(snake).join(', ')})
    VALUES ($1, $2, $2, 1, $3, $4, $5, $6, $7) RETURNING ${columns}`,
};
const insertKey = {
  name: 'insert-key',
  text: `INSERT INTO audit.subject_key (subject_type, subject_id, kek_id, wrapped, created_at)
    VALUES ('contact', $1, 'peer', $2, now())`,
};
const insertLeaf = {
  name: 'insert-leaf',
  text: `INSERT INTO audit.leaf (id, at, actor_kind, actor_name, request_id, origin, action, type, record_id,
      field_names, commitment)
    VALUES ($1, now(), 'token', 'peer', $2, 'api', 'create', 'contact', $3, $4, $5)`,
};
const insertPayload = {
  name: 'insert-payload',
  text: `INSERT INTO audit.payload (leaf_id, at, subject_type, subject_id, ciphertext) VALUES ($1, now(), 'contact', $2, $3)`,
};
const keyEncryptionKey = randomBytes(32);

app.post('/api/v1/contacts', async (request, reply) => {
  const values = writable.map((name) => request.body[name] ?? null);
  const id = uuidv7();
  const leafId = uuidv7();
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query({ ...insertContact, values: [id, new Date(), ...values] });
    const key = randomBytes(32);
    await client.query({ ...insertKey, values: [id, seal(keyEncryptionKey, key, `contact:${id}`)] });
    const payload = Buffer.from(JSON.stringify({ before: null, after: request.body }));
    const salt = randomBytes(32);
    const commitment = createHmac('sha256', salt).update(payload).digest();
    await client.query({
      ...insertLeaf,
      values: [leafId, request.id, id, Object.keys(request.body), commitment],
    });
    const box = seal(key, Buffer.concat([salt, payload]), leafId);
    await client.query({ ...insertPayload, values: [leafId, id, box] });
    await client.query('COMMIT');
    reply.code(201).header('location', `/api/v1/contacts/${id}`).header('etag', '"1"');
    reply.type('application/json; charset=utf-8');
    return JSON.stringify(rows[0]);
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
});

function seal(key, plain, bound) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(bound));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

await app.listen({ port, host: '127.0.0.1' });
console.log('listening');
