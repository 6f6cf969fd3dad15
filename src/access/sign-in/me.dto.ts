import { ApiProperty } from '@nestjs/swagger';
import { roleFlags, tokenScopes } from '../roles/role.js';

class MeUserDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() email!: string;
  @ApiProperty() locale!: string;
  @ApiProperty() timeZone!: string;
}

class MeServerDto {
  @ApiProperty({ enum: ['primary', 'replica'] }) role!: string;
  @ApiProperty() version!: string;
  @ApiProperty() installation!: string;
}

/** The shape of `Me`, for the API document. */
export class MeDto {
  @ApiProperty({ type: MeUserDto, nullable: true, description: 'null for a token that acts for no person' })
  user!: MeUserDto | null;
  @ApiProperty({ type: [String] }) roles!: string[];
  @ApiProperty({ enum: roleFlags, isArray: true, description: 'what one may do beside records' })
  may!: string[];
  @ApiProperty({ enum: tokenScopes, isArray: true }) scopes!: string[];
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'to be sent back as X-CSRF-Token; null for tokens',
  })
  csrfToken!: string | null;
  @ApiProperty() mustChangePassword!: boolean;
  @ApiProperty({ type: MeServerDto }) server!: MeServerDto;
}

export class SessionDto {
  @ApiProperty({ type: MeDto, nullable: true, description: 'null where nobody is signed in' })
  me!: MeDto | null;
}
