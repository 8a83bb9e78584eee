// The header is the module; SwiftPM wants a source file to build.
#include "model_abi.h"
