import { isIP } from 'node:net';
import { ValidateBy, type ValidationOptions } from 'class-validator';

function isAddressRange(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [address = '', bits, ...more] = value.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** An IP address or a range in CIDR notation. */
export function IsAddressRange(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy({ name: 'isAddressRange', validator: { validate: isAddressRange } }, options);
}
