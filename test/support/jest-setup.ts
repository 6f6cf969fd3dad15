// CommonJS packages that require Nest break unless these ES modules are linked first.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
