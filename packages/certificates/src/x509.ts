/** The library for X.509, with what it needs to be loaded; node's own can read certificates, not make them. */
import 'reflect-metadata';

export * from '@peculiar/x509';
