import { Injectable } from '@nestjs/common';
import {
  RecordService,
  recordTypeOf,
  TypeViews,
  type RecordData,
  type RequestContext,
} from '../../../records/index.js';

export interface LeadMatch {
  readonly id: string;
  readonly title: string;
  readonly by: 'name' | 'website' | 'email';
}

export interface LeadMatches {
  readonly accounts: readonly LeadMatch[];
  readonly contacts: readonly LeadMatch[];
}

const maxMatches = 5;
/** What a company's name says about its form, not about who it is. */
const legalForms = new Set(
  'ag bv co company corp corporation gmbh group holding inc kg limited llc llp ltd nv oy plc sa sarl sas se spa srl the'.split(
    ' ',
  ),
);

/** Records that the lead may already be known by. Only what the caller may see. */
@Injectable()
export class LeadMatching {
  constructor(
    private readonly records: RecordService,
    private readonly views: TypeViews,
  ) {}

  /** @throws NotFound where the lead may not be seen */
  async matches(ctx: RequestContext, leadId: string): Promise<LeadMatches> {
    const lead = await this.records.get(ctx, 'lead', leadId);
    const [byName, bySite, byEmail, byPerson] = await Promise.all([
      this.byName(ctx, lead['company']),
      this.byFilter(ctx, 'account', 'website', domainOf(lead), 'contains'),
      this.byFilter(ctx, 'contact', 'email', lead['email'], 'eq'),
      this.byPerson(ctx, lead),
    ]);
    return {
      accounts: merged(byName.map(matchBy('name')), bySite.map(matchBy('website'))),
      contacts: merged(byEmail.map(matchBy('email')), byPerson.map(matchBy('name'))),
    };
  }

  private async byName(ctx: RequestContext, company: unknown): Promise<RecordData[]> {
    const words = typeof company === 'string' ? wordsOf(company) : [];
    if (words.length === 0) return [];
    const wanted = words.join(' ');
    const found = await this.find(ctx, 'account', { q: wanted });
    const distance = ({ name }: RecordData): number =>
      Math.abs(wordsOf(String(name)).join(' ').length - wanted.length);
    return found.sort((a, b) => distance(a) - distance(b));
  }

  private byPerson(ctx: RequestContext, { firstName, lastName }: RecordData): Promise<RecordData[]> {
    const filter = [
      { field: 'firstName', op: 'eq', value: firstName },
      { field: 'lastName', op: 'eq', value: lastName },
    ].filter(({ value }) => typeof value === 'string');
    return filter.length < 2 ? Promise.resolve([]) : this.find(ctx, 'contact', { filter: { and: filter } });
  }

  private byFilter(
    ctx: RequestContext,
    type: string,
    field: string,
    value: unknown,
    op: string,
  ): Promise<RecordData[]> {
    if (typeof value !== 'string') return Promise.resolve([]);
    return this.find(ctx, type, { filter: { field, op, value } });
  }

  private async find(
    ctx: RequestContext,
    name: string,
    query: { q?: string; filter?: unknown },
  ): Promise<RecordData[]> {
    const type = recordTypeOf(name);
    const view = this.views.of(ctx, type);
    const asked = JSON.stringify(query.filter ?? '');
    const isHidden = type.fields.some(
      (field) => !view.field(field.name) && asked.includes(`"${field.name}"`),
    );
    if (isHidden) return [];
    const filter = query.filter === undefined ? {} : { filter: query.filter };
    const q = query.q === undefined ? {} : { q: query.q };
    const fields = type.title.filter((field) => view.field(field));
    return (await this.records.list(ctx, type, { ...filter, ...q, fields, limit: 20 })).data;
  }
}

function wordsOf(name: string): string[] {
  const words = name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => !legalForms.has(word));
  return telling.length > 0 ? telling : words;
}

function domainOf({ website, email }: RecordData): string | null {
  const host = typeof website === 'string' ? URL.parse(website)?.hostname : undefined;
  const name = host ?? (typeof email === 'string' ? email.split('@')[1] : undefined);
  return name === undefined ? null : name.replace(/^www\./, '');
}

const matchBy =
  (by: LeadMatch['by']) =>
  (record: RecordData): LeadMatch => {
    const title = [record['name'], record['firstName'], record['lastName']].filter(
      (part) => typeof part === 'string',
    );
    return { id: String(record['id']), title: title.join(' '), by };
  };

function merged(...lists: readonly LeadMatch[][]): LeadMatch[] {
  const byId = new Map<string, LeadMatch>();
  for (const match of lists.flat()) if (!byId.has(match.id)) byId.set(match.id, match);
  return [...byId.values()].slice(0, maxMatches);
}
