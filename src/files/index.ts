export type { Attachment } from './attachment.js';
export type { AttachmentContents, ContentPlace } from './content/attachment-contents.port.js';
export { FilesModule } from './files.module.js';
export type { FilesOptions } from './files.options.js';
export { FileGrants } from './grants/file-grants.service.js';
export type { FileKeyWrapper } from './grants/file-key-wrapper.port.js';
export { FileUpkeep } from './upkeep/file-upkeep.service.js';
