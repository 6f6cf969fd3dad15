import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { maxPasswordLength } from '../password/password-rules.js';

const maxEmailLength = 254;

export class SignInBody {
  @ApiProperty({ maxLength: maxEmailLength, example: 'anna@example.com' })
  @IsString()
  @MinLength(1)
  @MaxLength(maxEmailLength)
  email!: string;

  @ApiProperty({ maxLength: maxPasswordLength, format: 'password' })
  @IsString()
  @MinLength(1)
  @MaxLength(maxPasswordLength)
  password!: string;
}

export class ChangePasswordBody {
  @ApiProperty({ maxLength: maxPasswordLength, format: 'password' })
  @IsString()
  @MinLength(1)
  @MaxLength(maxPasswordLength)
  currentPassword!: string;

  @ApiProperty({ maxLength: maxPasswordLength, format: 'password' })
  @IsString()
  @MaxLength(maxPasswordLength)
  newPassword!: string;
}

export class ReplicaPasswordBody {
  @ApiProperty({ maxLength: maxPasswordLength, format: 'password' })
  @IsString()
  @MinLength(1)
  @MaxLength(maxPasswordLength)
  currentPassword!: string;

  @ApiProperty({ maxLength: maxPasswordLength, format: 'password' })
  @IsString()
  @MaxLength(maxPasswordLength)
  replicaPassword!: string;
}
