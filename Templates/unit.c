// $title
//
// $content.

#include "model.h"

$functions
