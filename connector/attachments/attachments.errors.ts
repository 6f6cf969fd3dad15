import { ConnectorError } from '../connector.errors.js';

/** The local file is not the one that was granted: its object must not become readable, and its key is used up. */
export class FileNotAsGranted extends ConnectorError {}

/** Another connector has taken the file over, or its grant was withdrawn. */
export class ClaimLost extends ConnectorError {
  constructor() {
    super('claim-lost', 'The upload of this file is no longer ours.');
  }
}

/** Nothing is wrong: the time window has closed, or the process stops. The upload goes on later. */
export class UploadPaused extends ConnectorError {
  constructor() {
    super('upload-paused', 'The upload goes on later.');
  }
}

/** What lies in the bucket under this upload cannot be shown to be what would be sent now. */
export class CannotResume extends ConnectorError {
  constructor() {
    super('cannot-resume', 'What has been sent of the file cannot be compared; the upload starts again.');
  }
}
