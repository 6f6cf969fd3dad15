import { ApiProperty } from '@nestjs/swagger';
import { tokenScopes } from '../roles/role.js';

const time = { type: String, format: 'date-time', nullable: true } as const;

/** The shape of `ApiTokenSummary`, for the API document. */
export class ApiTokenDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) userId!: string | null;
  @ApiProperty({ enum: tokenScopes, isArray: true }) scopes!: string[];
  @ApiProperty({ type: [String], nullable: true, description: 'from anywhere where it is null' })
  allowedNetworks!: string[] | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty(time) lastUsedAt!: string | null;
  @ApiProperty(time) expiresAt!: string | null;
  @ApiProperty(time) revokedAt!: string | null;
}

export class NewApiTokenDto extends ApiTokenDto {
  @ApiProperty({ description: 'shown here and never again' }) token!: string;
}

class ApiTokenPageInfoDto {
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
}

export class ApiTokensDto {
  @ApiProperty({ type: [ApiTokenDto] }) data!: ApiTokenDto[];
  @ApiProperty({ type: ApiTokenPageInfoDto }) page!: ApiTokenPageInfoDto;
}
