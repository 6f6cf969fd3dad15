import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsInt,
  IsUUID,
  Max,
  Min,
  Validate,
  ValidatorConstraint,
  type ValidationArguments,
} from 'class-validator';

/** Nobody's audit has so many entries, and beyond it numbers are no longer exact. */
const mostEntries = 2 ** 48;

export class AuditProofQuery {
  @ApiProperty({ format: 'uuid', description: 'id of the audit entry' })
  @IsUUID(undefined, { message: 'entry must be the id of an audit entry, a UUID' })
  entry!: string;
}

@ValidatorConstraint({ name: 'isNotBelowFrom' })
class IsNotBelowFrom {
  validate(to: unknown, { object }: ValidationArguments): boolean {
    return typeof to !== 'number' || to >= (object as AuditConsistencyQuery).from;
  }

  defaultMessage(): string {
    return 'to must not be smaller than from';
  }
}

export class AuditConsistencyQuery {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'size of the older checkpoint' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(mostEntries)
  from!: number;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'size of the newer checkpoint' })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(mostEntries)
  @Validate(IsNotBelowFrom)
  to!: number;
}

export class AuditCheckpointDto {
  @ApiProperty({ type: 'integer', description: 'entries under it' })
  size!: number;
  @ApiProperty({ description: 'root of the tree, base64' })
  root!: string;
  @ApiProperty({ format: 'date-time' })
  at!: string;
  @ApiProperty({ description: 'the signed note, as it lies in the bucket' })
  note!: string;
}

export class AuditInclusionDto {
  @ApiProperty({ enum: ['holdfast-audit-inclusion/1'] })
  format!: string;
  @ApiProperty({ description: 'the text that is hashed' })
  leaf!: string;
  @ApiProperty({ type: 'integer', description: 'place of the entry, from 0' })
  index!: number;
  @ApiProperty({ type: [String], description: 'base64, in the order of RFC 6962' })
  hashes!: string[];
  @ApiProperty({ description: 'signed note of the newest checkpoint' })
  checkpoint!: string;
}

export class AuditConsistencyDto {
  @ApiProperty({ enum: ['holdfast-audit-consistency/1'] })
  format!: string;
  @ApiProperty({ description: 'signed note of the older checkpoint' })
  first!: string;
  @ApiProperty({ description: 'signed note of the newer checkpoint' })
  second!: string;
  @ApiProperty({ type: [String], description: 'base64, in the order of RFC 6962' })
  hashes!: string[];
}
