import type { QueryRunner } from 'typeorm';
import { query } from '../../platform/database/index.js';
import {
  recordTypeOf,
  toMoney,
  type Money,
  type RecordChange,
  type RequestContext,
  type TypeViews,
} from '../../records/index.js';

interface ProductRow {
  id: string;
  name: string;
  price: string | null;
  currency: string | null;
}

/** Name and price of a line that names its product but not them. Only what the caller may see of the product. */
export async function fillFromProducts(
  ctx: RequestContext,
  tx: QueryRunner,
  views: TypeViews,
  changes: readonly RecordChange[],
): Promise<void> {
  const open = changes.filter(
    ({ before, after }) => after['productId'] && after['productId'] !== before?.['productId'],
  );
  if (open.length === 0) return;
  const rows = await query<ProductRow>(
    tx,
    'SELECT id, name, price::text, price_currency AS currency FROM crm.product WHERE id = ANY($1::uuid[])',
    [open.map(({ after }) => after['productId'])],
  );
  const view = views.of(ctx, recordTypeOf('product'));
  const products = new Map(rows.map((row) => [row.id, row]));
  for (const { after, given } of open) {
    const product = products.get(String(after['productId']));
    if (!product) continue;
    if (!given.has('name') && view.field('name')) after['name'] = product.name;
    const price = view.field('price') ? priceOf(product) : null;
    if (!given.has('unitPrice') && price) after['unitPrice'] = price;
  }
}

function priceOf({ price, currency }: ProductRow): Money | null {
  return price !== null && currency !== null ? toMoney(price, currency) : null;
}
