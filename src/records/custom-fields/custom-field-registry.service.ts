import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import type { FieldMeta } from '../metadata/field.meta.js';
import { customFieldMeta, type CustomFieldDefinition } from './custom-field.definition.js';

const channel = 'holdfast_custom_field';
const reconnectMs = 1000;
// A pooler between us and PostgreSQL may swallow notifications, so a look now and then is the net below.
const refreshMs = 15_000;

/**
 * The custom fields, kept in memory because every request needs them. A trigger notifies all server processes of a
 * change, also of one that a replica applies; this process' own changes are seen at once.
 */
@Injectable()
export class CustomFieldRegistry implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(CustomFieldRegistry.name);
  private definitions: readonly CustomFieldDefinition[] = [];
  private byType = new Map<string, readonly FieldMeta[]>();
  private readonly foreseen = new WeakMap<RequestContext, readonly CustomFieldDefinition[]>();
  private fingerprint = '';
  private listener: pg.Client | undefined;
  private reconnecting: NodeJS.Timeout | undefined;
  private refreshing: NodeJS.Timeout | undefined;
  private isStopped = false;
  /** rises with every change; whatever was compiled under another version is stale */
  version = 0;

  constructor(private readonly dataSource: DataSource) {}

  async onModuleInit(): Promise<void> {
    await this.reload();
    await this.listen();
    this.refreshing = setInterval(() => void this.reloadOrWarn(), refreshMs).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.refreshing);
    clearTimeout(this.reconnecting);
    await this.listener?.end();
  }

  of(type: string): readonly FieldMeta[] {
    return this.byType.get(type) ?? [];
  }

  /** Lets one caller use fields that an open transaction of his has made; nobody else sees them before it commits. */
  foresee(ctx: RequestContext, definitions: readonly CustomFieldDefinition[]): void {
    this.foreseen.set(ctx, definitions);
  }

  foreseenBy(ctx: RequestContext, type: string): readonly FieldMeta[] {
    const known = new Set(this.of(type).map(({ column }) => column));
    return (this.foreseen.get(ctx) ?? [])
      .filter((field) => field.type === type && !known.has(field.key))
      .map(customFieldMeta);
  }

  all(): readonly CustomFieldDefinition[] {
    return this.definitions;
  }

  async reload(): Promise<void> {
    const rows = await query<CustomFieldDefinition>(
      this.dataSource,
      `SELECT id, type, key, label, kind, options, required, classification, position, searchable, version
       FROM crm.custom_field ORDER BY type, position, key`,
    );
    const fingerprint = JSON.stringify(rows);
    if (fingerprint === this.fingerprint) return;
    const byType = new Map<string, FieldMeta[]>();
    for (const row of rows) byType.set(row.type, [...(byType.get(row.type) ?? []), customFieldMeta(row)]);
    this.definitions = rows;
    this.byType = byType;
    this.fingerprint = fingerprint;
    this.version++;
  }

  private async listen(): Promise<void> {
    const { url } = this.dataSource.options as { url?: string };
    const client = new pg.Client({ connectionString: url, application_name: 'holdfast custom fields' });
    client.on('notification', () => void this.reloadOrWarn());
    client.on('error', (error) => {
      this.warn(error);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    // Only a client that listened is replaced when it ends: one that never connected is tried again by who asked.
    client.on('end', () => {
      this.listenLater();
    });
    this.listener = client;
  }

  private listenLater(): void {
    if (this.isStopped) return;
    clearTimeout(this.reconnecting);
    this.reconnecting = setTimeout(() => {
      this.listen().then(
        // What was notified while nobody listened is found by reading again.
        () => this.reloadOrWarn(),
        (error: unknown) => {
          this.warn(error);
          this.listenLater();
        },
      );
    }, reconnectMs).unref();
  }

  private async reloadOrWarn(): Promise<void> {
    try {
      if (!this.isStopped) await this.reload();
    } catch (error) {
      this.warn(error);
    }
  }

  private warn(error: unknown): void {
    if (!this.isStopped) this.logger.warn({ event: 'custom-fields.refresh-failed', error: String(error) });
  }
}
