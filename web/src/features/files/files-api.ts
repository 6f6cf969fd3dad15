import { request } from '../../api/http.js';
import { ApiProblem } from '../../api/problem.js';
import { session } from '../../api/session.js';
import type { Page } from '../../api/types.js';

export interface Attachment {
  id: string;
  recordType: string;
  recordId: string;
  name: string;
  mediaType: string;
  bytes: number;
  label: string | null;
  createdAt: string;
  createdBy: string | null;
  version: number;
  /** on a replica: whether the file itself has arrived */
  state: 'available' | 'pending';
  previewable: boolean;
}

/** The record that files hang on. */
export interface Place {
  plural: string;
  recordId: string;
}

export interface FilePage {
  data: Attachment[];
  page: Page;
}

const pageSize = 25;
const folder = ({ plural, recordId }: Place) => `/${plural}/${recordId}/attachments`;

export async function listFiles(place: Place, cursor: string | null, signal: AbortSignal): Promise<FilePage> {
  const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
  return (await request<FilePage>(`${folder(place)}?limit=${String(pageSize)}${more}`, { signal })).body;
}

export const contentUrl = (id: string, disposition: 'inline' | 'attachment'): string =>
  `/api/v1/attachments/${id}/content?disposition=${disposition}`;

export async function changeFile(file: Attachment, patch: Partial<Pick<Attachment, 'name' | 'label'>>) {
  const headers = { 'If-Match': `"${String(file.version)}"` };
  return request<Attachment>(`/attachments/${file.id}`, { method: 'PATCH', body: patch, headers });
}

/** What a file may be labelled with here. */
export async function listLabels(signal: AbortSignal): Promise<string[]> {
  return (await request<{ data: string[] }>('/attachments/labels', { signal })).body.data;
}

export const removeFile = (id: string) => request(`/attachments/${id}`, { method: 'DELETE' });
export const restoreFile = (id: string) => request(`/attachments/${id}/restore`, { method: 'POST' });

function problemOf(upload: XMLHttpRequest): ApiProblem {
  try {
    return new ApiProblem(upload.status, JSON.parse(upload.responseText) as unknown);
  } catch {
    // a proxy in between answered, or nobody did
    return new ApiProblem(upload.status, { code: upload.status === 0 ? 'unreachable' : 'not-json' });
  }
}

interface UploadOptions {
  signal: AbortSignal;
  onProgress: (sentBytes: number) => void;
}

/**
 * Sends one file as it lies on disk. By XMLHttpRequest, as fetch does not say how far an upload has come.
 * @throws ApiProblem when the server refused; DOMException AbortError when `signal` was aborted
 */
export function uploadFile(place: Place, file: File, { signal, onProgress }: UploadOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const upload = new XMLHttpRequest();
    const path = `/api/v1${folder(place)}?name=${encodeURIComponent(file.name)}`;
    upload.open('POST', path);
    upload.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    upload.setRequestHeader('X-CSRF-Token', session.get()?.csrfToken ?? '');
    upload.upload.addEventListener('progress', (event) => {
      onProgress(event.loaded);
    });
    upload.addEventListener('load', () => {
      if (upload.status === 201) resolve();
      else reject(problemOf(upload));
    });
    upload.addEventListener('error', () => {
      reject(problemOf(upload));
    });
    upload.addEventListener('abort', () => {
      reject(new DOMException('cancelled', 'AbortError'));
    });
    signal.addEventListener('abort', () => {
      upload.abort();
    });
    upload.send(file);
  });
}
