import { Controller, Get, Inject, Optional } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { recordTypes } from '../metadata/registry.js';
import { ACCESS_POLICY, READ_ONLY, type AccessPolicy } from '../ports/access-policy.js';
import { OMITTED_FIELDS, type OmittedFields } from '../ports/omitted-fields.js';
import { TypeViews } from '../view/type-views.service.js';
import { describeType, type TypeDescription } from './type-description.js';

const nothing = { omitted: new Set<string>(), treated: new Map<string, string>() };

/** The record types and fields that the caller may know, and what he may do with them. */
@ApiExcludeController()
@Controller('api/v1/types')
export class TypesController {
  constructor(
    private readonly views: TypeViews,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
    @Inject(READ_ONLY) private readonly isReadOnly: boolean,
    @Optional() @Inject(OMITTED_FIELDS) private readonly omitted?: OmittedFields,
  ) {}

  @Get()
  list(@Ctx() ctx: RequestContext): { data: TypeDescription[] } {
    const data = recordTypes().map((type) =>
      describeType(
        ctx,
        this.policy,
        this.views.of(ctx, type),
        this.omitted
          ? { omitted: this.omitted.of(type.name), treated: this.omitted.treatments(type.name) }
          : nothing,
        this.isReadOnly,
      ),
    );
    return { data };
  }
}
