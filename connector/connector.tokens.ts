/** `@Inject(CONNECTOR_BUCKET) bucket: Bucket` */
export const CONNECTOR_BUCKET = Symbol('CONNECTOR_BUCKET');
