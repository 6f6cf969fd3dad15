import type { S3Client } from '@aws-sdk/client-s3';

/** S3 itself refuses what is signed with a clock that is further off. */
const ALLOWED_MS = 15 * 60 * 1000;

/** Notes the time that the server's answers bear beside ours at that moment. */
export class S3Clock {
  private server: Date | null = null;
  private local: Date | null = null;

  constructor(client: S3Client) {
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        this.note(result.response);
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'holdfastClock', override: true },
    );
  }

  /** A sentence with both times where they are too far apart. */
  objection(): string | null {
    const { server, local } = this;
    if (server === null || local === null) return null;
    const apartMs = Math.abs(server.getTime() - local.getTime());
    if (apartMs <= ALLOWED_MS) return null;
    const hours = (apartMs / 3_600_000).toFixed(1);
    return `This machine's clock says ${local.toISOString()}, the bucket's ${server.toISOString()}: ${hours} hours apart. Set the clock (NTP), then start again; signatures and the age that replicas show hang on it.`;
  }

  private note(response: unknown): void {
    const headers = (response as { headers?: Record<string, string> }).headers;
    const date = new Date(headers?.date ?? Number.NaN);
    if (Number.isNaN(date.getTime())) return;
    this.server = date;
    this.local = new Date();
  }
}
