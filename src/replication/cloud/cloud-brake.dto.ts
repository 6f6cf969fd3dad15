import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString, Length } from 'class-validator';
import { PersonDto } from './person.dto.js';

const counts = {
  type: 'object',
  additionalProperties: { type: 'integer' },
  example: { deal: 5280 },
} as const;

export class BrakeConfirmationDto {
  @ApiProperty({ type: PersonDto }) by!: PersonDto;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
}

export class CloudBrakeDto {
  @ApiProperty() since!: Date;
  @ApiProperty({ description: 'when the connector last looked' }) seenAt!: Date;
  @ApiProperty({ description: 'names what is held; empty for those who may not confirm it' }) token!: string;
  @ApiProperty({ ...counts, description: 'rows that would be deleted, by type' })
  deletes!: Record<string, number>;
  @ApiProperty({ description: 'of the policy: so many pass without a person' }) threshold!: number;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string', format: 'uuid' } },
    description: 'up to five ids by type; none for those who may not confirm',
  })
  samples!: Record<string, readonly string[]>;
  @ApiProperty({ type: BrakeConfirmationDto, nullable: true }) confirmation!: BrakeConfirmationDto | null;
}

export class BrakeConsentDto {
  /** of what is held, from the status */
  @ApiProperty({ minLength: 1, maxLength: 64 })
  @IsString()
  @Length(1, 64)
  token!: string;

  /** what you saw would be deleted, by type */
  @ApiProperty(counts)
  @IsObject()
  deletes!: Record<string, unknown>;

  /** why; kept in the audit */
  @ApiPropertyOptional({ minLength: 1, maxLength: 2000 })
  @IsOptional()
  @IsString()
  @Length(1, 2000)
  reason?: string;
}
